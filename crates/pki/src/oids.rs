//! Object identifiers used by more than one module. Sources: RFC 5280, 5652, 5035, 3161, 6960, 8017, 5480, 5758.

use const_oid::ObjectIdentifier;

macro_rules! oids {
    ($($(#[$about:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$about])* pub(crate) const $name: ObjectIdentifier = ObjectIdentifier::new_unwrap($text);)*
    };
}

oids! {
    COUNTRY = "2.5.4.6";
    LOCALITY = "2.5.4.7";
    STATE_OR_PROVINCE = "2.5.4.8";
    ORGANIZATION = "2.5.4.10";
    ORGANIZATIONAL_UNIT = "2.5.4.11";
    COMMON_NAME = "2.5.4.3";

    KEY_USAGE = "2.5.29.15";
    SUBJECT_ALT_NAME = "2.5.29.17";
    ISSUER_ALT_NAME = "2.5.29.18";
    BASIC_CONSTRAINTS = "2.5.29.19";
    CRL_NUMBER = "2.5.29.20";
    CRL_REASON = "2.5.29.21";
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    CERTIFICATE_POLICIES = "2.5.29.32";
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    EXTENDED_KEY_USAGE = "2.5.29.37";
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1";
    OCSP_ACCESS = "1.3.6.1.5.5.7.48.1";
    CPS_QUALIFIER = "1.3.6.1.5.5.7.2.1";
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
    /// RFC 3161 §2.3: the only purpose of a time-stamping key.
    TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
    /// ISO/IEC 18013-5 annex B; the same in three public verifiers (isomdl, Multipaz and one more), seen 2026-11.
    MOBILE_DOCUMENT_SIGNING = "1.0.18013.5.1.2";

    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2";
    OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5";

    SHA1 = "1.3.14.3.2.26";
    SHA256 = "2.16.840.1.101.3.4.2.1";
    SHA384 = "2.16.840.1.101.3.4.2.2";
    SHA512 = "2.16.840.1.101.3.4.2.3";
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
    RSA_SHA256 = "1.2.840.113549.1.1.11";
    RSA_SHA384 = "1.2.840.113549.1.1.12";
    RSA_SHA512 = "1.2.840.113549.1.1.13";
    EC_PUBLIC_KEY = "1.2.840.10045.2.1";
    P256 = "1.2.840.10045.3.1.7";
    P384 = "1.3.132.0.34";
    ECDSA_SHA256 = "1.2.840.10045.4.3.2";
    ECDSA_SHA384 = "1.2.840.10045.4.3.3";

    CMS_DATA = "1.2.840.113549.1.7.1";
    CMS_SIGNED_DATA = "1.2.840.113549.1.7.2";
    CONTENT_TYPE = "1.2.840.113549.1.9.3";
    MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
    /// TSTInfo, the content of a time-stamp token (RFC 3161 §2.4.2).
    TIME_STAMP_INFO = "1.2.840.113549.1.9.16.1.4";
    /// ESSCertID by SHA-1 (RFC 2634), which older time-stamping authorities still write.
    SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12";
    /// The time stamp over a signature, an unsigned attribute (RFC 3161 appendix A).
    SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14";
    SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
}
