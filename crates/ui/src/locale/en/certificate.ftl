certificate-kind-residence = Copy of the residence record (住民票の写し)
certificate-refused-counter = This machine cannot issue it. Please come to the counter.
certificate-refused-not-fresh = The register cannot be checked just now, so issuing is closed. Please try later.
certificate-refused-stopped = Issuing is stopped just now. Please come to the counter.
certificate-refused-choices = This choice cannot be issued. Please choose again.
certificate-refused-ended = This request has ended. Please start again.
certificate-refused-not-yours = This paper cannot be handed out here. Please call the staff.
certificate-kind-recorded-items = Certificate of recorded items (住民票記載事項証明書)
certificate-for-residence = Proves address and household; family members too.
certificate-for-recorded-items = Proves items of the residence record, for employers and pensions.
certificate-refused-hours = This certificate cannot be issued at this hour.

# family register
certificate-kind-family = Certificate of the whole family register (戸籍全部事項証明書)
certificate-kind-family-person = Certificate of one person in the family register (戸籍個人事項証明書)
certificate-kind-family-appendix = Copy of the family register's appendix (戸籍の附票の写し)
certificate-kind-family-closed = Certificate of a closed family register (除籍全部事項証明書)
certificate-for-family = Proves everybody in the family register, for inheritance or a passport.
certificate-for-family-person = Proves one person of the family register.
certificate-for-family-appendix = Proves the addresses since entry into this register.
certificate-refused-elsewhere = Your registered domicile (honseki) is not in this city, so it cannot be issued here. The municipality of your registered domicile issues it; once you register there, its service serves you too.
# Seal registration and tax certificates
certificate-kind-seal = Seal registration certificate (印鑑登録証明書)
certificate-kind-tax = Tax and income certificate (課税(所得)証明書)
certificate-for-seal = Proves your registered seal; for yourself only.
certificate-for-tax = Proves income and taxes of the current fiscal year; for yourself only.
