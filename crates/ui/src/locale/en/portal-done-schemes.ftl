portal-done-schemes-registered = You are registered.
portal-done-schemes-saved = Saved.
portal-done-schemes-answered = Your answers are saved. Your schemes are judged again.
portal-done-schemes-undone = Back to what was registered before.
portal-done-schemes-stopped = Stopped. The results are erased.
portal-done-schemes-hidden = Put away.
portal-done-schemes-shown = Put back.
portal-done-schemes-irrelevant = The city is told that this was not for you. Thank you.
