//! Words every floor of Yakuba uses: ids, time, calendar, names, money, numbers, errors, configuration.
