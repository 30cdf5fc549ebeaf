portal-done-schemes-registered = You are registered for notices.
portal-done-schemes-saved = What you registered was changed.
portal-done-schemes-answered = Your answers are saved. Your schemes are judged again.
portal-done-schemes-undone = Back to what was registered before.
portal-done-schemes-stopped = Stopped. The results are erased.
portal-done-schemes-hidden = The scheme was put away as “not for me”.
portal-done-schemes-shown = The scheme was put back into the list.
portal-done-schemes-irrelevant = The city is told that this was not for you. Thank you.
