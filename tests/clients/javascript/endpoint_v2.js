// Loaded before a program of the SDK v2, which knows no variable for the endpoint: the program itself stays as it is.
'use strict';

const AWS = require('aws-sdk');

AWS.config.update({ endpoint: process.env.AWS_ENDPOINT_URL });
