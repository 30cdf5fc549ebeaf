certificate-kind-residence = 住民票の写し
certificate-refused-counter = この端末では発行できません。窓口でお手続きください。
certificate-refused-not-fresh = ただいま住民票の情報を確認できないため、発行を止めています。時間をおいてお試しください。
certificate-refused-stopped = ただいま証明書の発行を止めています。窓口でお手続きください。
certificate-refused-choices = 選ばれた内容では発行できません。もう一度お選びください。
certificate-refused-ended = この申請はすでに終わっています。はじめからお手続きください。
certificate-refused-not-yours = この書類は受け取れません。係員をお呼びください。
