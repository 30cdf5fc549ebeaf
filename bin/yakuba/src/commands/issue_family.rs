//! `yakuba issue family-register` (`koseki`): the counter's paper of a family register, made by the machine's engine with the
//! machine's checks. A register that is no longer current (除籍) is the counter's alone.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use services::convenience_certificates::{CertificateKind, Choices, Members, OptionalItems};

use super::issue::{self, Order};
use crate::fail::Outcome;

/// Which paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FamilyForm {
    /// 戸籍全部事項証明書.
    Whole,
    /// 戸籍個人事項証明書.
    Person,
    /// 戸籍の附票の写し.
    Appendix,
    /// 除籍全部事項証明書: the newest closed register in which the person was.
    Closed,
}

/// Arguments of `issue family-register`.
#[derive(Args, Clone)]
pub struct FamilyArguments {
    /// Who asks: a resident who is or was in the register.
    #[arg(long)]
    resident: String,
    /// The city's data directory.
    #[arg(long)]
    data: PathBuf,
    /// File to write.
    #[arg(long)]
    out: PathBuf,
    /// Which paper.
    #[arg(long, value_enum, default_value = "whole")]
    form: FamilyForm,
    /// Members by their number in the register, separated by commas (person: one; appendix: any). Default: who asks.
    #[arg(long, value_delimiter = ',')]
    members: Vec<u32>,
    /// On an appendix: with 本籍 and 筆頭者; without this they are left out (省略).
    #[arg(long)]
    domicile: bool,
    /// Outside demo data: file with the credential that a clerk made in the staff console (窓口コマンドの職員資格).
    #[arg(long)]
    staff_credential: Option<PathBuf>,
    /// Outside demo data: why the paper is issued.
    #[arg(long)]
    purpose: Option<String>,
}

/// Carries the command out.
///
/// # Errors
/// See [`Failure`].
pub fn run(arguments: &FamilyArguments) -> Outcome {
    let kind = match arguments.form {
        FamilyForm::Whole => CertificateKind::FamilyRegisterCertificate,
        FamilyForm::Person => CertificateKind::FamilyRegisterPersonCertificate,
        FamilyForm::Appendix => CertificateKind::FamilyRegisterAppendix,
        FamilyForm::Closed => CertificateKind::ClosedFamilyRegisterCertificate,
    };
    let members =
        if arguments.members.is_empty() { Members::Applicant } else { Members::Numbered(arguments.members.clone()) };
    let items = OptionalItems { domicile: arguments.domicile, ..OptionalItems::default() };
    let choices = Choices { kind, members, items, ..Choices::default() };
    let order = Order {
        resident: arguments.resident.clone(),
        choices,
        staff_credential: issue::read_credential(arguments.staff_credential.as_deref())?,
        purpose: arguments.purpose.clone(),
    };
    issue::carry_out(order, &arguments.data, &arguments.out)
}
