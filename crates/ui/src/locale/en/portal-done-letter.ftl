# What was done with a letter
portal-done-letter-put-away = The letter is in the archive.
portal-done-letter-put-back = The letter is back among your letters.
portal-done-letter-done = The letter is marked as done.
portal-done-letter-removed = The letter was removed.
portal-done-letter-consent = How you receive letters was changed, from the next letter on.
portal-done-letter-replied = Your reply was sent. The receipt is below.
