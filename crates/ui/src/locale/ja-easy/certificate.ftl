certificate-kind-residence = 住民票の写し
certificate-refused-counter = この機械では 出せません。｜窓口《まどぐち》に 来てください。
certificate-refused-not-fresh = 今 情報を たしかめられないので、紙を 出せません。あとで もう一度 やってください。
certificate-refused-stopped = 今 証明書を 出していません。窓口に 来てください。
certificate-refused-choices = えらんだものでは 出せません。もう一度 えらんでください。
certificate-refused-ended = もう おわっています。はじめから やってください。
certificate-refused-not-yours = この紙は もらえません。係の人を よんでください。
