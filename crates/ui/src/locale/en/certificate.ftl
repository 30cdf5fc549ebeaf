certificate-kind-residence = Copy of the residence record
certificate-refused-counter = This machine cannot issue it. Please come to the counter.
certificate-refused-not-fresh = The register cannot be checked just now, so issuing is closed. Please try later.
certificate-refused-stopped = Issuing is stopped just now. Please come to the counter.
certificate-refused-choices = This choice cannot be issued. Please choose again.
certificate-refused-ended = This request has ended. Please start again.
certificate-refused-not-yours = This paper cannot be handed out here. Please call the staff.
