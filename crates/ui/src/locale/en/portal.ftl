# Citizen portal
portal-home-title = Home
portal-greeting = { $name }
portal-tab-home = Home
portal-tab-letters = Letters
portal-tab-schemes = Schemes
portal-tab-cards = Cards
portal-tab-settings = Settings
portal-sign-in = Sign in
portal-sign-out = Sign out
portal-step-up = Show your card
portal-step-up-needed = To open this page, prove who you are with your Individual Number Card. Nothing you typed was lost.
portal-acting = You are acting for somebody else.
portal-acting-change = Change
portal-state-joining = We are checking who you are. This takes a few seconds; then open this page again.
portal-state-unknown = We found no entry for you. The counter can register you; please bring your card.
portal-state-moved-out = You have moved away, so nothing new will come. You can still read your letters.
