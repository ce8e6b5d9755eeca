"""Operations on alarms: making and changing them, showing them and their histories, their tags."""
