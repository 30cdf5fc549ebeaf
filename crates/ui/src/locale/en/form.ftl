form-please-check = Please check what you entered
form-required = required
form-error-word = Error:
form-search = Search
form-save = Save
form-stop = Stop
form-yes = Yes: { $deed }
