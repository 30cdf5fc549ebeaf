//! The twelve services, one folder each. This array is what the city offers; begin reading here.
//!
//! A service never calls another service: two that must meet do so through a tool. A thirteenth is one folder and one
//! line below; docs/adding-a-service.md is the checklist.

pub mod city_cards;
pub mod convenience_certificates;
pub mod documents;
pub mod hospital_card;
pub mod library_card;
pub mod notices_for_you;
pub mod planned;
pub mod service;
pub mod staff_id;

use service::Service;

/// Every service, in the order of the policy's 別紙2.
pub const SERVICES: [&Service; 12] = [
    &convenience_certificates::SERVICE,
    &library_card::SERVICE,
    &hospital_card::SERVICE,
    &staff_id::SERVICE,
    &planned::child_watch::SERVICE,
    &planned::shelter_checkin::SERVICE,
    &notices_for_you::SERVICE,
    &planned::e_billing::SERVICE,
    &planned::maternal_handbook::SERVICE,
    &planned::medication_handbook::SERVICE,
    &planned::health_check_bank::SERVICE,
    &planned::business_procedures::SERVICE,
];

/// The service of this key.
pub fn find(key: &str) -> Option<&'static Service> {
    SERVICES.into_iter().find(|service| service.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{Measure, Tool, Use};

    #[test]
    fn the_policy_s_twelve_rows_come_first_in_its_order_and_later_ones_continue_the_count() {
        let numbers: Vec<usize> = SERVICES.iter().map(|service| usize::from(service.number)).collect();
        assert_eq!(numbers, (1..=SERVICES.len()).collect::<Vec<_>>());
        assert!(SERVICES.len() >= 12);
        assert_eq!((SERVICES[0].key, SERVICES[11].key), ("convenience_certificates", "business_procedures"));
    }

    #[test]
    fn every_issue_is_answered_and_every_service_measures_something() {
        for service in SERVICES {
            assert!(!service.effects.is_empty(), "{} reports no effect", service.key);
            assert!(!service.legal_basis.is_empty(), "{} names no law", service.key);
            assert!(!service.policy.data.is_empty() && !service.policy.audience.is_empty(), "{}", service.key);
            for issue in service.policy.issues {
                assert!(issue.answer.chars().count() > 10, "{}: {}", service.key, issue.text);
            }
        }
    }

    #[test]
    fn a_tool_that_is_used_says_how() {
        for service in SERVICES {
            assert!(Tool::ALL.iter().any(|tool| service.uses(*tool).used != Use::No), "{} uses no tool", service.key);
            for tool in Tool::ALL {
                let cell = service.uses(tool);
                assert!(cell.used == Use::No || !cell.remark.is_empty(), "{} {}", service.key, tool.japanese());
            }
        }
    }

    #[test]
    fn the_policy_s_own_circles_are_kept() {
        // 制度に付随するツールの利用範囲, 別紙3 pages 9, 10, 13, 14, 17; the other seven have no table.
        let circles: Vec<(u8, Vec<&str>)> = SERVICES
            .iter()
            .map(|service| {
                let used = Tool::ALL.into_iter().filter(|tool| service.uses(*tool).used == Use::Policy);
                (service.number, used.map(Tool::japanese).collect::<Vec<_>>())
            })
            .filter(|(_, used)| !used.is_empty())
            .collect();
        assert_eq!(
            circles,
            [
                (1, vec!["標準アプリ", "その他"]),
                (2, vec!["券面", "標準アプリ", "その他"]),
                (7, vec!["マイナポータル"]),
                (8, vec!["マイナポータル", "その他"]),
                (12, vec!["法人ポータル"]),
            ]
        );
    }

    #[test]
    fn disclosures_name_duties_that_exist() {
        for service in SERVICES {
            for event in service.disclosures {
                assert!(tools::access::Duty::from_code(event.duty).is_some(), "{}: {}", service.key, event.duty);
            }
        }
    }

    #[test]
    fn a_service_is_found_by_its_key() {
        assert_eq!(find("library_card").map(|service| service.number), Some(2));
        assert!(find("library-card").is_none());
        assert_eq!(find("e_billing").map(|service| service.effects[0].measure), Some(Measure::Postage));
    }
}
