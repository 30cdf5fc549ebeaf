# The citizen portal at a terminal of the city (by the card alone)
terminal-welcome = Opening your letters and notices
terminal-looked = Who looked
terminal-schemes = Schemes
terminal-interests = Interests
terminal-aloud = Read aloud
terminal-aloud-stop = Stop reading
terminal-print = Print
terminal-end = Finish
terminal-over = Finished
terminal-over-what = Nothing is left on this machine. Please take your card.
terminal-back = To the first screen
terminal-closed = This page does not open at a machine of the city. Use your own phone or PC, or ask at the counter.
terminal-elsewhere = (does not open here: use your own device, or ask at the counter)
terminal-attachments = Attached documents do not open at this machine. Tell the counter the title of this letter.
terminal-ticket-late = Too much time has passed. Begin again from the first screen with your card.
terminal-ticket-ended = This letter box is closed. Please ask at the counter.
terminal-ticket-no = This does not open from here. Please tell the counter.
