# What was done with a letter
portal-done-letter-put-away = It is in the archive.
portal-done-letter-put-back = It is back among your letters.
portal-done-letter-done = Marked as done.
portal-done-letter-removed = Removed.
portal-done-letter-consent = Changed, from the next letter on.
portal-done-letter-replied = Your reply was sent. The receipt is below.
