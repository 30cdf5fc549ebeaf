# Kinds and states of credentials
credential-jpki-card = Individual Number Card
credential-jpki-phone = certificate on a phone
credential-city-application = city application on the card
credential-transit-card = transit card
credential-tag = tag issued by the city
credential-signed-code = printed code
credential-mark = Known as “{ $mark }”
credential-sign = Code “{ $mark }” in the city’s records, to tell cards apart (it is not printed on the card)
credential-active = in use
credential-on-hold = on hold
credential-lost = reported lost
credential-superseded = replaced by a newer one
credential-ended = ended
credential-attendance-unattended = unattended
credential-attendance-face-to-face = face to face with staff
credential-attendance-watched = a city place that staff can see
