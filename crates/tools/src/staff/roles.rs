//! What each role may do. This table is the whole truth; every staff route names one action of it.

macro_rules! words_enum {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $code:literal $japanese:literal $english:literal;)* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// All of them, in the order shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The stored code; never change one.
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }
            /// As shown to people, in Japanese.
            pub const fn japanese(self) -> &'static str { match self { $(Self::$variant => $japanese,)* } }
            /// As shown to people, in English.
            pub const fn english(self) -> &'static str { match self { $(Self::$variant => $english,)* } }
            /// The one with this stored code.
            pub fn from_code(code: &str) -> Option<Self> { Self::ALL.iter().copied().find(|one| one.code() == code) }
        }
    };
}

words_enum! {
    /// What a member of staff is trusted with. One may hold several.
    Role {
        /// Accounts and roles. Sees no residents.
        Administrator "administrator" "管理者" "administrator";
        /// Serves residents at the counter.
        CounterClerk "counter_clerk" "窓口担当" "counter clerk";
        /// Answers for certificates: incidents, stopped services, withdrawn papers, machines.
        CertificateOfficer "certificate_officer" "証明責任者" "certificate officer";
        /// Looks at what others did. Changes nothing.
        Auditor "auditor" "監査担当" "auditor";
        /// Keeps the system running: imports, health. Sees no residents.
        Operator "operator" "運用担当" "operator";
        /// Keeps the record of the city's staff and their IDs. Sees no residents.
        PersonnelOfficer "personnel_officer" "人事担当" "personnel officer";
    }
}

words_enum! {
    /// Something staff do. Each staff route asks for exactly one.
    Action {
        /// Find residents in the register.
        SearchRegister "search_register" "住民を検索する" "search the register";
        /// Open one resident's entry.
        OpenPerson "open_person" "住民の記録を見る" "open a resident's entry";
        /// See who has looked at a resident.
        SeeWhoLooked "see_who_looked" "閲覧の記録を見る" "see who looked at a resident";
        /// Issue a certificate at the counter.
        IssueAtCounter "issue_at_counter" "窓口で証明書を交付する" "issue at the counter";
        /// Enrol or stop a card.
        ManageCredentials "manage_credentials" "カードの登録・停止をする" "enrol or stop cards";
        /// Check applications of people who live elsewhere for their family register here.
        ReviewRegistrations "review_registrations" "本籍地利用登録を審査する" "review family register registrations";
        /// Answer people who object to a reading of their record.
        AnswerObjections "answer_objections" "閲覧への申出に回答する" "answer objections to readings";
        /// Enter and end guardians, and send the yearly letters about mandates.
        ManageRepresentatives "manage_representatives" "代理人を登録・終了する" "manage representatives";
        /// See incidents and what stopped.
        SeeIncidents "see_incidents" "障害・停止を見る" "see incidents";
        /// Write down that an incident is dealt with.
        ClearIncident "clear_incident" "障害を処置済みにする" "clear an incident";
        /// Stop a service.
        StopService "stop_service" "サービスを止める" "stop a service";
        /// Ask that a stopped service runs again (two persons).
        ResumeService "resume_service" "サービスの再開を求める" "resume a service";
        /// Be the second person when a stopped service runs again.
        ApproveResume "approve_resume" "サービスの再開を承認する" "approve that a service runs again";
        /// See hours, fees and maintenance.
        SeeHours "see_hours" "交付時間・手数料を見る" "see hours and fees";
        /// Decide hours, fees and maintenance.
        SetHours "set_hours" "交付時間・手数料を決める" "decide hours and fees";
        /// Ask that a paper that was issued is withdrawn (two persons).
        WithdrawPaper "withdraw_paper" "証明書の取消しを求める" "ask that a paper is withdrawn";
        /// Be the second person when a paper is withdrawn.
        ApproveWithdrawal "approve_withdrawal" "証明書の取消しを承認する" "approve that a paper is withdrawn";
        /// See papers that were issued, without whose they are.
        SeePapers "see_papers" "発行した証明書を探す" "find issued papers";
        /// See how many were issued, by kind and place.
        SeeCounts "see_counts" "発行件数を見る" "see issue counts";
        /// Bring in how many certificates other routes gave.
        ImportCounts "import_counts" "他の窓口の交付件数を取り込む" "bring in counts of other routes";
        /// See which seal and keys are in use.
        SeeKeys "see_keys" "公印と鍵を見る" "see seal and keys";
        /// Prepare another seal or key, and ask from when it holds (two persons).
        RotateKeys "rotate_keys" "公印と鍵の更新を求める" "ask that seal or keys are rotated";
        /// Be the second person when a seal or key is prepared or brought into use.
        ApproveKeys "approve_keys" "公印と鍵の更新を承認する" "approve that seal or keys are rotated";
        /// Ask for another day of the tax certificate's switch (two persons).
        SwitchTaxYear "switch_tax_year" "課税証明書の年度切替日を求める" "ask for a day of the tax year's switch";
        /// Be the second person when that day is set.
        ApproveTaxYear "approve_tax_year" "年度切替日を承認する" "approve a day of the tax year's switch";
        /// Enrol or stop a machine.
        ManageTerminals "manage_terminals" "端末を登録・停止する" "manage machines";
        /// Load files into the register.
        ImportRegister "import_register" "住民データを取り込む" "import resident files";
        /// See imports of resident files and which rows were refused, without values.
        SeeImports "see_imports" "住民データの取込みを見る" "see imports of resident files";
        /// See accounts and their roles.
        SeeStaff "see_staff" "職員の一覧を見る" "see staff";
        /// Invite and disable staff, change roles (giving administrator: two persons).
        ManageStaff "manage_staff" "職員と役割を管理する" "manage staff";
        /// Be the second person when somebody is given the administrator role.
        ApproveAdministrator "approve_administrator" "管理者の追加を承認する" "approve a new administrator";
        /// See requests that wait for a second person.
        SeeApprovals "see_approvals" "承認待ちを見る" "see what waits for approval";
        /// See each machine's money of a day, and money left open.
        SeeCash "see_cash" "現金の日計を見る" "see the machines' money";
        /// Close a machine's day with what the box held; ask for a correction (two persons).
        CloseCash "close_cash" "現金の日計を締める" "close a machine's day";
        /// Be the second person when a closed day is corrected.
        ApproveCash "approve_cash" "日計の訂正を承認する" "approve that a closed day is corrected";
        /// Settle refunds that are due and payments that are unclear.
        SettleMoney "settle_money" "返金・不明入金を処理する" "settle refunds and unclear payments";
        /// Review private apps: admit, stop, end them.
        ReviewApps "review_apps" "民間アプリを審査する" "review private apps";
        /// See letters being sent, and who gets them on paper.
        SeeLetters "see_letters" "文書の発送を見る" "see letters being sent";
        /// Prepare letters, ask that they are sent, stop them, take them back.
        SendLetters "send_letters" "文書を発送する" "send letters";
        /// Be the second person when letters are sent.
        ApproveLetters "approve_letters" "文書の発送を承認する" "approve that letters are sent";
        /// Approve and stop departments and private senders.
        ManageSenders "manage_senders" "文書の発送者を管理する" "manage senders of letters";
        /// Bring lists of events in, take events off the pages.
        ManageEvents "manage_events" "イベントを載せる" "manage events";
        /// See and work on applications that came by the national portal.
        HandleApplications "handle_applications" "マイナポータルの申請を処理する" "work on applications of the national portal";
        /// See the library's connection and its files, take and give them.
        KeepLibrary "keep_library" "図書館との連携を管理する" "keep the library's connection";
        /// See notices to residents, their audience in counts and how they went.
        SeeNotices "see_notices" "お知らせの配信を見る" "see notices";
        /// Write notices, choose whom they are for, ask that they are sent, stop them, take them back.
        WriteNotices "write_notices" "お知らせを作る・止める" "write and stop notices";
        /// Be the second person when a notice is sent.
        ApproveNotices "approve_notices" "お知らせの配信を承認する" "approve that a notice is sent";
        /// See cards that departments defined, and their counts.
        SeeCards "see_cards" "市のカードの定義を見る" "see cards of the city";
        /// Define cards, ask that they come into force, close them, admit systems.
        DefineCards "define_cards" "市のカードを定義する" "define cards of the city";
        /// Be the second person when a card comes into force.
        ApproveCards "approve_cards" "市のカードの開始を承認する" "approve that a card of the city comes into force";
        /// Bring members in, take numbers out as files and labels.
        HandleCards "handle_cards" "市のカードの番号を取り込む・出力する" "bring numbers of cards in and out";
        /// See the hospital's connection, waiting links, the queue.
        SeeHospital "see_hospital" "病院の連携を見る" "see the hospital's links";
        /// Decide waiting links, call numbers, send messages again.
        LinkHospital "link_hospital" "病院の連携を決める" "decide the hospital's links";
        /// Hold a share of the key ceremony, ask that keys of the city's application are renewed or retired, be the second.
        CityApplicationKeys "city_application_keys" "市のアプリの鍵を管理する" "keep the keys of the city's application";
        /// See cards with the city's application and what was done to each.
        LoadCityApplication "load_city_application" "市のアプリをのせたカードを見る" "see cards with the city's application";
        /// Keep the staff record, issue and stop staff IDs, ask for a reprint (two persons).
        ManageStaffIds "manage_staff_ids" "職員身分証を発行・停止する" "issue and stop staff IDs";
        /// Be the second person when a staff ID is printed again.
        ApproveStaffIds "approve_staff_ids" "職員身分証の再作成を承認する" "approve that a staff ID is printed again";
        /// See the heads of the audit chain and check it.
        SeeAudit "see_audit" "監査記録を確かめる" "check the audit record";
    }
}

impl Action {
    /// The roles that may do this. Exhaustive: a new action does not compile until somebody decides.
    pub const fn roles(self) -> &'static [Role] {
        use Role::{Administrator, Auditor, CertificateOfficer, CounterClerk, Operator, PersonnelOfficer};
        match self {
            Self::SearchRegister | Self::OpenPerson | Self::IssueAtCounter | Self::ManageCredentials => {
                &[CounterClerk, CertificateOfficer]
            }
            Self::ReviewRegistrations => &[CounterClerk, CertificateOfficer],
            Self::AnswerObjections => &[CertificateOfficer],
            Self::ManageRepresentatives => &[CounterClerk, CertificateOfficer],
            Self::SeeWhoLooked => &[CertificateOfficer, Auditor],
            Self::SeeIncidents => {
                &[CounterClerk, CertificateOfficer, Auditor, Operator, Administrator, PersonnelOfficer]
            }
            Self::ClearIncident
            | Self::ResumeService
            | Self::WithdrawPaper
            | Self::RotateKeys
            | Self::SwitchTaxYear => &[CertificateOfficer],
            Self::StopService => &[CertificateOfficer, Operator],
            Self::SeeHours => &[CounterClerk, CertificateOfficer, Auditor, Operator, Administrator],
            Self::SetHours => &[CertificateOfficer],
            Self::SeePapers => &[CounterClerk, CertificateOfficer, Auditor],
            Self::SeeCounts => &[CounterClerk, CertificateOfficer, Auditor, Operator, Administrator],
            Self::ManageTerminals | Self::ImportCounts => &[CertificateOfficer, Operator],
            Self::ImportRegister => &[Operator],
            Self::SeeKeys => &[CertificateOfficer, Auditor, Operator],
            Self::SeeImports => &[CertificateOfficer, Auditor, Operator],
            Self::SeeStaff => &[Administrator, Auditor],
            Self::ManageStaff => &[Administrator],
            Self::ApproveResume | Self::ApproveWithdrawal | Self::ApproveKeys | Self::ApproveTaxYear => {
                &[CertificateOfficer, Administrator]
            }
            Self::ApproveAdministrator => &[Administrator, Auditor],
            Self::SeeApprovals => &[Administrator, CertificateOfficer, Auditor, PersonnelOfficer],
            Self::ManageStaffIds => &[PersonnelOfficer],
            Self::ApproveStaffIds => &[PersonnelOfficer, Administrator],
            Self::SeeCash => &[CertificateOfficer, Auditor, Administrator],
            Self::CloseCash | Self::SettleMoney => &[CertificateOfficer],
            Self::ApproveCash => &[CertificateOfficer, Administrator],
            Self::ReviewApps => &[CertificateOfficer],
            Self::SeeLetters => &[CounterClerk, CertificateOfficer, Auditor, Administrator],
            Self::SendLetters => &[CertificateOfficer],
            Self::ApproveLetters => &[CertificateOfficer, Administrator],
            Self::ManageSenders => &[Administrator],
            Self::ManageEvents | Self::HandleApplications => &[CounterClerk, CertificateOfficer],
            Self::KeepLibrary => &[CertificateOfficer, Operator],
            Self::SeeNotices => &[CounterClerk, CertificateOfficer, Auditor, Administrator],
            Self::WriteNotices => &[CounterClerk, CertificateOfficer],
            Self::ApproveNotices => &[CertificateOfficer, Administrator],
            Self::SeeCards => &[CounterClerk, CertificateOfficer, Auditor, Administrator],
            Self::DefineCards => &[CertificateOfficer],
            Self::ApproveCards => &[CertificateOfficer, Administrator],
            Self::HandleCards => &[CounterClerk, CertificateOfficer],
            Self::SeeHospital => &[CounterClerk, CertificateOfficer, Auditor, Operator],
            Self::LinkHospital => &[CounterClerk, CertificateOfficer],
            Self::CityApplicationKeys => &[CertificateOfficer, Administrator],
            Self::LoadCityApplication => &[CounterClerk, CertificateOfficer],
            Self::SeeAudit => &[Auditor, Administrator, Operator],
        }
    }
}

impl Role {
    /// Whether somebody with this role alone may do `action`.
    pub fn may(self, action: Action) -> bool {
        action.roles().contains(&self)
    }
}

/// Whether somebody with `roles` may do `action`.
pub fn may(roles: &[Role], action: Action) -> bool {
    roles.iter().any(|role| role.may(action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_keep_accounts_or_machines_see_no_resident() {
        for role in [Role::Administrator, Role::Operator, Role::Auditor, Role::PersonnelOfficer] {
            for action in [Action::SearchRegister, Action::OpenPerson, Action::IssueAtCounter] {
                assert!(!role.may(action), "{} may {}", role.code(), action.code());
            }
        }
    }

    #[test]
    fn an_auditor_changes_nothing() {
        for action in [
            Action::ClearIncident,
            Action::StopService,
            Action::ResumeService,
            Action::WithdrawPaper,
            Action::SetHours,
            Action::ImportCounts,
            Action::ManageStaff,
            Action::ManageTerminals,
            Action::ManageCredentials,
            Action::ImportRegister,
            Action::CloseCash,
            Action::SettleMoney,
            Action::RotateKeys,
            Action::ApproveKeys,
            Action::SwitchTaxYear,
            Action::ApproveTaxYear,
            Action::ReviewApps,
            Action::WriteNotices,
            Action::ApproveNotices,
            Action::DefineCards,
            Action::ApproveCards,
            Action::HandleCards,
        ] {
            assert!(!Role::Auditor.may(action), "{}", action.code());
        }
    }

    #[test]
    fn every_action_has_somebody_and_every_code_reads_back() {
        for action in Action::ALL {
            assert!(!action.roles().is_empty(), "{}", action.code());
            assert_eq!(Action::from_code(action.code()), Some(*action));
        }
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(*role));
        }
    }

    #[test]
    fn nobody_without_a_role_may_do_anything() {
        assert!(Action::ALL.iter().all(|action| !may(&[], *action)));
    }
}
