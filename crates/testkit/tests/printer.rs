//! Whether the mock printer is one: CUPS's own client judges it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must stop")]

use std::process::Command;
use std::time::Duration;

use yakuba_testkit::world::printer::{Fault, MockPrinter};

/// Runs `ipptool` on a test file; answers with what it says when the printer answers as the file expects.
fn ipptool(printer: &MockPrinter, test: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    let (file, document) = (place.path().join("expect.test"), place.path().join("paper.pdf"));
    std::fs::write(&file, test).unwrap();
    std::fs::write(&document, vec![0x25; 100_000]).unwrap();
    let run = Command::new("ipptool").args(["-tv", "-f"]).arg(&document).arg(printer.uri()).arg(&file).output();
    let run = run.expect("ipptool is installed by scripts/setup test");
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    said
}

const HEAD: &str = "GROUP operation-attributes-tag
    ATTR charset attributes-charset utf-8
    ATTR naturalLanguage attributes-natural-language en
    ATTR uri printer-uri $uri
";

fn operation(name: &str, operation: &str, rest: &str) -> String {
    format!("{{\n NAME \"{name}\"\n OPERATION {operation}\n {HEAD} {rest}\n}}\n")
}

#[test]
fn an_independent_client_takes_it_for_a_printer() {
    let printer = MockPrinter::start(Duration::from_millis(10)).unwrap();
    let print = "ATTR name requesting-user-name judge
        ATTR name job-name \"a job\"
        ATTR mimeMediaType document-format application/pdf
        GROUP job-attributes-tag
        ATTR integer copies 2
        ATTR keyword sides two-sided-long-edge
        FILE $filename
        STATUS successful-ok
        EXPECT job-id OF-TYPE integer COUNT 1 IN-GROUP job-attributes-tag
        EXPECT job-uri OF-TYPE uri
        EXPECT job-state OF-TYPE enum";
    let job = "ATTR integer job-id $job-id
        STATUS successful-ok
        EXPECT job-id OF-TYPE integer WITH-VALUE $job-id
        EXPECT job-name OF-TYPE name WITH-VALUE \"a job\"
        EXPECT job-state OF-TYPE enum WITH-VALUE 9 REPEAT-NO-MATCH REPEAT-LIMIT 20";
    let ended = "ATTR keyword which-jobs completed
        STATUS successful-ok
        EXPECT job-id OF-TYPE integer COUNT 1";
    let whole = operation("print", "Print-Job", print)
        + &operation("read back", "Get-Job-Attributes", job)
        + &operation("ended jobs", "Get-Jobs", ended)
        + &operation("too late", "Cancel-Job", "ATTR integer job-id $job-id\n STATUS client-error-not-possible")
        + &operation(
            "the printer",
            "Get-Printer-Attributes",
            "STATUS successful-ok
            EXPECT printer-state OF-TYPE enum WITH-VALUE 3
            EXPECT printer-state-reasons OF-TYPE keyword WITH-VALUE none
            EXPECT printer-is-accepting-jobs OF-TYPE boolean WITH-VALUE true",
        )
        + &operation(
            "what is not there",
            "Get-Job-Attributes",
            "ATTR integer job-id 999\n STATUS client-error-not-found",
        );
    ipptool(&printer, &whole);
    let printed = printer.printed();
    assert_eq!(printed.len(), 1);
    assert_eq!((printed[0].copies, printed[0].sides.as_str()), (2, "two-sided-long-edge"));
    assert_eq!((printed[0].user.as_str(), printed[0].bytes.len()), ("judge", 100_000));
}

#[test]
fn trouble_is_told_in_words_an_independent_client_knows() {
    let printer = MockPrinter::start(Duration::from_millis(10)).unwrap();
    for (fault, word) in [
        (Fault::OutOfPaper, "media-empty-error"),
        (Fault::Jam, "media-jam-error"),
        (Fault::CoverOpen, "cover-open-error"),
    ] {
        printer.set(fault);
        let expected = format!(
            "STATUS successful-ok
            EXPECT printer-state OF-TYPE enum WITH-VALUE 5
            EXPECT printer-state-reasons OF-TYPE keyword WITH-VALUE {word}"
        );
        ipptool(&printer, &operation("the printer", "Get-Printer-Attributes", &expected));
    }
    let job = printer.put_foreign_job("somebody's");
    printer.cancel(job);
    assert_eq!(printer.printed(), []);
}
