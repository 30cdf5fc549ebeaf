counter-title = Issue a certificate at the counter
counter-how = Take the fee at the register first. The certificate opens as a PDF beside this page: print it on both sides. The person is shown that it was issued.
counter-fee = Fee
counter-fee-taken = The fee was taken
counter-fee-first = Take the fee first and tick “The fee was taken”. Nothing was issued yet.
counter-issue = Issue (PDF)
counter-wrong-work = To issue a certificate, change the work to issuing at the counter and open the resident again.
counter-see-why = See the reason in the resident's entry
