# 市の カード
staff-done-cards-written = 下書きを しまいました。
staff-done-cards-asked = たのみました。
staff-done-cards-live = 始まりました。
staff-done-cards-declined = 下書きに もどしました。
staff-done-cards-closed = カードを やめました。
staff-done-cards-client-stopped = システムを 止めました。
staff-done-cards-client-allowed = システムが 番号を 入れたり 止めたり できます。
staff-done-cards-client-declined = システムは しらべる ことだけ できます。
