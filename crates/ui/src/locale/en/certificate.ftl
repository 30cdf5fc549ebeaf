certificate-kind-residence = Copy of the residence record
certificate-refused-counter = This machine cannot issue it. Please come to the counter.
certificate-refused-not-fresh = The register cannot be checked just now, so issuing is closed. Please try later.
certificate-refused-stopped = Issuing is stopped just now. Please come to the counter.
certificate-refused-choices = This choice cannot be issued. Please choose again.
certificate-refused-ended = This request has ended. Please start again.
certificate-refused-not-yours = This paper cannot be handed out here. Please call the staff.
certificate-kind-recorded-items = Certificate of recorded items
certificate-for-residence = Proves address and household; family members too.
certificate-for-recorded-items = Proves items of the residence record, for employers and pensions.
certificate-refused-hours = This certificate cannot be issued at this hour.

# Seal registration and tax certificates
certificate-kind-seal = Seal registration certificate
certificate-kind-tax = Tax and income certificate
certificate-for-seal = Proves your registered seal; for yourself only.
certificate-for-tax = Proves income and taxes of the current fiscal year; for yourself only.
