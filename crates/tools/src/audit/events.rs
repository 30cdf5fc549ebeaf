//! Everything that is written into the audit log, in one table. To audit something new, add a line.
//!
//! The published list (`docs/disclosure-events.md`) is made from it.

macro_rules! events {
    ($($name:ident $code:literal $english:literal $japanese:literal;)*) => {
        /// What happened. The codes are stored; never change one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Event { $($name,)* }

        impl Event {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
            /// The stored code.
            pub const fn code(self) -> &'static str { match self { $(Self::$name => $code,)* } }
            /// In words, English.
            pub const fn english(self) -> &'static str { match self { $(Self::$name => $english,)* } }
            /// In words, Japanese.
            pub const fn japanese(self) -> &'static str { match self { $(Self::$name => $japanese,)* } }
        }
    };
}

events! {
    Disclosed "disclosure.made" "a record was opened" "記録の閲覧";
    OwnRecordRead "own_record.read" "a person opened their own record" "本人による自分の記録の閲覧";
    AccessCapReached "access.cap_reached" "as many records were opened within an hour as allowed" "1時間の閲覧件数の上限到達";
    RegisterImported "register.imported" "the register was imported" "住民データの取込み";
    RegisterChanged "register.changed" "a record of the register was changed" "住民記録の異動";
    CertificateRequested "certificate.requested" "a certificate was requested" "証明書の申請";
    CertificateRefused "certificate.refused" "a certificate was refused" "証明書の不交付";
    CertificateIssued "certificate.issued" "a certificate was issued" "証明書の交付";
    CertificatePrinted "certificate.printed" "a certificate was printed" "証明書の印刷";
    CertificateWithdrawn "certificate.withdrawn" "a certificate was withdrawn" "証明書の失効";
    CertificateTwinOffered "certificate.twin_offered" "a digital copy of a certificate was offered to its holder's wallet" "証明書のデジタル写しの提示";
    CertificateErased "certificate.erased" "the sealed bytes of a certificate were erased" "証明書データの消去";
    PaymentTaken "payment.taken" "a fee was taken" "手数料の収納";
    PaymentReturned "payment.returned" "a fee was returned" "手数料の返金";
    CredentialEnrolled "credential.enrolled" "a card was enrolled" "カードの登録";
    CredentialStopped "credential.stopped" "a card was stopped" "カードの停止";
    CredentialResumed "credential.resumed" "a stopped card may be used again" "カードの停止の解除";
    CredentialSuperseded "credential.superseded" "a new card took an old one's place" "カードの更新";
    CredentialUsed "credential.used" "a card was accepted" "カードによる本人確認";
    CredentialRefused "credential.refused" "a card was refused" "カードによる本人確認の不成立";
    RegistrationApplied "family_register.registration_applied" "somebody who lives elsewhere applied to be linked to their family register here" "本籍地利用登録の申請";
    RegistrationDecided "family_register.registration_decided" "such an application was decided" "本籍地利用登録の審査";
    RegistrationEnded "family_register.registration_ended" "such a link ended" "本籍地利用登録の失効";
    PortalStopped "portal.stopped" "an account of the citizen portal was stopped" "市民ポータルの利用停止";
    PortalResumed "portal.resumed" "an account of the citizen portal was let in again" "市民ポータルの利用停止の解除";
    CityApplicationCeremony "city_application.ceremony" "a step of the key ceremony of the city's application" "市のアプリの鍵の儀式";
    CityApplicationKeyChanged "city_application.key_changed" "a key of the city's application was made, brought into use or retired" "市のアプリの鍵の作成・使用開始・廃止";
    CityApplicationCardChanged "city_application.card_changed" "a step of loading, updating or erasing the city's application on a card" "市のアプリの書き込み・更新・削除";
    CityApplicationRefused "city_application.refused" "the loading desk refused something, and why" "市のアプリの窓口での不成立";
    CityApplicationTerminalKey "city_application.terminal_key" "a terminal was given its keys for the city's application, sealed to it, or they were ended" "市のアプリの端末の鍵の引渡し・失効";
    TerminalEnrolled "terminal.enrolled" "a terminal was enrolled" "端末の登録";
    TerminalStopped "terminal.stopped" "a terminal was stopped" "端末の停止";
    StaffSignedIn "staff.signed_in" "a member of staff signed in" "職員のサインイン";
    StaffSignInRefused "staff.sign_in_refused" "a staff sign-in was refused" "職員のサインインの拒否";
    StaffSignedOut "staff.signed_out" "a member of staff signed out" "職員のサインアウト";
    StaffAdded "staff.added" "a staff account was added" "職員アカウントの追加";
    StaffChanged "staff.changed" "a staff account or its roles were changed" "職員アカウント・権限の変更";
    StaffStopped "staff.stopped" "a staff account was stopped" "職員アカウントの停止";
    ApprovalProposed "approval.proposed" "a two-person action was proposed" "二者承認の申請";
    ApprovalApproved "approval.approved" "a two-person action was approved" "二者承認の承認";
    ApprovalDeclined "approval.declined" "a two-person action was declined" "二者承認の却下";
    ApprovalExecuted "approval.executed" "an approved action was carried out" "承認済み操作の実行";
    IncidentOpened "incident.opened" "an incident was opened" "障害等の発生";
    IncidentCleared "incident.cleared" "an incident was cleared" "障害等の解除";
    RelayRefused "relay.refused" "a parcel from the other zone was refused" "ゾーン間通信の拒否";
    CashClosed "cash.closed" "a machine's day was closed or corrected" "現金日計の締め・訂正";
    MoneySettled "money.settled" "a refund or an unclear payment was settled" "返金・不明入金の処理";
    SettingChanged "setting.changed" "a setting was changed" "設定の変更";
    DataAppDecided "data_app.decided" "a private app was admitted, stopped or refused" "民間アプリの審査";
    DataAppProposed "data_app.proposed" "an officer proposed to admit a private app or a change of it" "民間アプリの承認の提案";
    ServiceOpened "service.opened" "a service was opened or closed" "サービスの開始・停止";
    AgreementPublished "consent.agreement_published" "a data agreement was published or changed" "データ提供の取決めの公開・変更";
    ConsentGiven "consent.given" "a person agreed that data about them is shared" "データ提供への同意";
    ConsentWithdrawn "consent.withdrawn" "such a consent was taken back" "同意の撤回";
    RepresentationGranted "representation.granted" "somebody may act for another person" "代理の登録";
    RepresentationEnded "representation.ended" "somebody may not act for another person any more" "代理の終了";
    RepresentationUsed "representation.used" "somebody began to act for another person" "代理による手続きの開始";
    RepresentationActed "representation.acted" "somebody did something for another person" "代理人による操作";
    ObjectionAnswered "disclosure.objection_answered" "an objection to a reading was answered" "閲覧への申出に対する回答";
    KeyErased "key.erased" "a person's key was erased" "個人鍵の消去";
    ContentErased "audit.content_erased" "the content of an audit entry was erased" "監査記録の内容の消去";
    LettersHandedIn "letters.handed_in" "letters were handed in and wait for two persons" "文書の受付";
    LettersAttached "letters.attached" "a file was added to letters, or taken away" "文書の添付・取外し";
    LettersReleased "letters.released" "letters were released to be sent" "文書の発送の承認";
    LettersHalted "letters.halted" "sending of letters was stopped, or went on" "文書の発送の停止・再開";
    LettersRecalled "letters.recalled" "letters were taken back" "文書の取消し";
    LettersPrintingOpened "letters.printing_opened" "names and addresses of a printing of letters were opened" "印刷用の宛名の閲覧・取得";
    LetterSenderChanged "letters.sender_changed" "a sender of letters was approved or stopped" "文書の発送者の承認・停止";
    EventsImported "events.imported" "a list of the city's events was brought in" "イベント一覧の取込み";
    EventWithdrawn "events.withdrawn" "an event was taken off the pages" "イベントの取下げ";
    EventPutBack "events.put_back" "a withdrawn event was put back" "イベントの再掲載";
    ApplicationStatusSet "national_portal.status_set" "the state of an application from the national portal was set" "マイナポータル申請の処理状況の変更";
    NationalNoticeQueued "national_portal.notice_queued" "a notice was handed to the national portal" "マイナポータルへのお知らせの登録";
    CityCardDefined "city_card.defined" "a card of the city was defined, brought into force or given up, or a system of its was admitted or stopped" "市のカードの定義・開始・終了、連携先の登録・停止";
    CityCardNumbers "city_card.numbers_given" "numbers of a card of the city were brought in, or given in a file, on labels or to a system" "市のカードの番号の取込み・出力・照会";
    LibraryFileGiven "library.file_given" "a list of patron numbers was given to the library" "図書館への利用者番号一覧の出力";
    LibraryFileTaken "library.file_taken" "a list of patron numbers was taken from the library" "図書館からの利用者番号一覧の取込み";
    MyKeyAsked "library.mykey_asked" "the national platform of library cards was asked for a patron number, or a link there was made or ended" "マイキープラットフォームへの照会・連携・解除";
    HospitalCalled "hospital.called" "a queue number of the city hospital was called" "市立病院の受付番号の呼出し";
    StaffIdChanged "staff_id.changed" "a staff ID was issued, changed or stopped" "職員身分証の発行・変更・停止";
    StaffIdShown "staff_id.shown" "a staff ID was checked at a desk" "職員身分証の確認";
    BackupMade "backup.made" "a backup was made" "バックアップの作成";
    BackupRestored "backup.restored" "a backup was restored" "バックアップからの復元";
}

impl Event {
    /// The event with this stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Event;
    use crate::access::{Duty, Item};

    #[test]
    fn every_code_stands_once_and_reads_back() {
        let codes: HashSet<&str> = Event::ALL.iter().map(|event| event.code()).collect();
        assert_eq!(codes.len(), Event::ALL.len());
        assert!(Event::ALL.iter().all(|event| Event::from_code(event.code()) == Some(*event)));
        assert!(Duty::ALL.iter().all(|duty| Duty::from_code(duty.code()) == Some(*duty)));
        assert!(Item::ALL.iter().all(|item| Item::from_code(item.code()) == Some(*item)));
    }
}
