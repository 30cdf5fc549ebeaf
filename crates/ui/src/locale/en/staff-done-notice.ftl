# What was done with notices
staff-done-notice-text = The text was saved.
staff-done-notice-audience = Whom it is for was saved.
staff-done-notice-scheme = The scheme's rule was put in. Check its numbers and sources.
staff-done-notice-rule = The rule was saved.
staff-done-notice-counted = Counted.
staff-done-notice-tested = You looked at it as it will arrive.
staff-done-notice-submitted = Approval was asked for.
staff-done-notice-back = It can be changed again.
staff-done-notice-stopped = Sending was stopped.
staff-done-notice-going-on = Sending goes on.
staff-done-notice-recalled = The notice was taken back.
