# The first page.
start-title = { $city } card services
start-lead = What would you like to do?
start-kiosk = Get a certificate
start-kiosk-what = With an Individual Number Card and its four-digit PIN you receive certificates of residence, family register, registered seal and taxes.
start-verify = Check a certificate
start-verify-what = Anyone can check whether a certificate is genuine and still valid.
start-staff = For staff
start-staff-what = Goes to the screens of the city's staff.
start-registration = Registering for your family register
start-registration-what = For people who live elsewhere and have their family register here.
start-effect = Time given back
start-effect-what = How much time certificates from machines and stores gave back, in counts.
start-portal = Citizen portal
start-portal-what = Letters from the city, your matters, and who looked at your records. Made for your phone.
start-events = Events
start-events-what = What goes on in the city, by day, place and age.
