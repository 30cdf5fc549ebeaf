//! What kind of device answers as a card.

/// What kind of device answers as a card, told by its token label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceKind {
    /// 個人番号カード.
    Card,
    /// An Android phone; its certificate is readable only after the PIN.
    AndroidPhone,
    /// An iPhone.
    Iphone,
    /// 住民基本台帳カード, no longer issued: its certificates have all expired.
    OldResidentCard,
}

impl DeviceKind {
    /// Token label (padded with spaces to 32 bytes on the device) → kind. Source: two public clients agree.
    pub const LABELS: [(&'static str, Self); 4] = [
        ("JPKIAPICCTOKEN2", Self::Card),
        ("JPKIAPICCTOKEN", Self::OldResidentCard),
        ("JPKIAPGPSETOKEN", Self::AndroidPhone),
        ("JPKIAPIOSTOKEN", Self::Iphone),
    ];

    /// The kind of a label as read from the device.
    pub fn from_label(label: &[u8]) -> Option<Self> {
        let label = label.trim_ascii_end();
        Self::LABELS.iter().find(|(text, _)| text.as_bytes() == label).map(|(_, kind)| *kind)
    }
}
