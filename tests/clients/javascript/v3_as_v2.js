// Loaded before a program that requires `aws-sdk`: what it then gets speaks the manner of v2, and is v3 underneath.
'use strict';

const Module = require('node:module');
const { DynamoDB } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocument } = require('@aws-sdk/lib-dynamodb');

// v2's methods return a request, on which the program calls promise().
const requests = (client) => new Proxy(client, {
  get: (target, name) => (params) => ({ promise: () => target[name](params) }),
});

class Client {
  constructor(options = {}) {
    return requests(new DynamoDB(options));
  }
}

Client.DocumentClient = class {
  constructor(options = {}) {
    return requests(DynamoDBDocument.from(new DynamoDB(options)));
  }
};

module.exports = { DynamoDB: Client };

const resolve = Module._resolveFilename;
Module._resolveFilename = function resolveFilename(request, ...rest) {
  return request === 'aws-sdk' ? __filename : resolve.call(this, request, ...rest);
};
