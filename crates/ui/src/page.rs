//! The shell of a page.
//!
//! ```text
//!   skip link · [demo band] · header (city, where you are, who you are, language) · nav · main · footer
//! ```

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::language::Language;
use crate::words::words;

/// How wide the main part may grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    /// A column for reading (about 44 characters).
    #[default]
    Reading,
    /// The whole window, for tables at a counter.
    Wide,
    /// A machine of 1080 × 1920 with large type: no header and footer, nothing to scroll.
    Kiosk,
}

/// One link of the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavLink {
    /// Where it leads.
    pub href: String,
    /// What it says.
    pub label: String,
    /// Whether this is the page one is on.
    pub is_here: bool,
}

/// A page being built.
#[derive(Clone)]
pub struct Page {
    language: Language,
    title: String,
    city: String,
    icon: Option<String>,
    styles: Vec<String>,
    scripts: Vec<String>,
    width: Width,
    band: Option<Markup>,
    nav: Vec<NavLink>,
    tabs: Vec<NavLink>,
    who: Option<Markup>,
    language_path: Option<String>,
    refresh: Option<(u32, String)>,
    onward: Option<String>,
    sight: Sight,
}

impl Page {
    /// A page in `language`. The title is the page's own, without the city.
    pub fn new(language: Language, title: impl Into<String>) -> Self {
        Self {
            language,
            title: title.into(),
            city: String::new(),
            icon: None,
            styles: Vec::new(),
            scripts: Vec::new(),
            width: Width::Reading,
            band: None,
            nav: Vec::new(),
            tabs: Vec::new(),
            who: None,
            language_path: None,
            refresh: None,
            onward: None,
            sight: Sight::default(),
        }
    }

    /// The city's name, shown in the header and the title.
    #[must_use]
    pub fn city(mut self, name: impl Into<String>) -> Self {
        self.city = name.into();
        self
    }

    /// The little picture in the browser's tab, by its address.
    #[must_use]
    pub fn icon(mut self, address: impl Into<String>) -> Self {
        self.icon = Some(address.into());
        self
    }

    /// A style sheet, by its address.
    #[must_use]
    pub fn style(mut self, address: impl Into<String>) -> Self {
        self.styles.push(address.into());
        self
    }

    /// A script (module, deferred), by its address. The page must work without it.
    #[must_use]
    pub fn script(mut self, address: impl Into<String>) -> Self {
        self.scripts.push(address.into());
        self
    }

    /// How wide the main part may grow.
    #[must_use]
    pub const fn width(mut self, width: Width) -> Self {
        self.width = width;
        self
    }

    /// A band above everything, e.g. that this is a demonstration.
    #[must_use]
    pub fn band(mut self, band: Markup) -> Self {
        self.band = Some(band);
        self
    }

    /// Links to the other pages of this front.
    #[must_use]
    pub fn nav(mut self, links: Vec<NavLink>) -> Self {
        self.nav = links;
        self
    }

    /// The few places of a phone's front: at the bottom of a narrow window, above the main part of a wide one.
    #[must_use]
    pub fn tabs(mut self, links: Vec<NavLink>) -> Self {
        self.tabs = links;
        self
    }

    /// Who is signed in, with the way out.
    #[must_use]
    pub fn who(mut self, who: Markup) -> Self {
        self.who = Some(who);
        self
    }

    /// Offers the other languages at `path?lang=…`.
    #[must_use]
    pub fn languages_at(mut self, path: impl Into<String>) -> Self {
        self.language_path = Some(path.into());
        self
    }

    /// Goes to `address` after `seconds` where script is off. With script the page itself warns first.
    #[must_use]
    pub fn refresh(mut self, seconds: u32, address: impl Into<String>) -> Self {
        self.refresh = Some((seconds, address.into()));
        self
    }

    /// Goes on to `address` at once, with or without script. The page has a link there for whoever it does not carry.
    #[must_use]
    pub fn onward(mut self, address: impl Into<String>) -> Self {
        self.onward = Some(address.into());
        self
    }

    /// Shown as this person reads best.
    #[must_use]
    pub const fn sight(mut self, sight: Sight) -> Self {
        self.sight = sight;
        self
    }

    /// The language.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The finished page around `main`, which holds the page's one `<h1>`.
    pub fn render(&self, main: &Markup) -> Markup {
        let width = match self.width {
            Width::Reading => "reading",
            Width::Wide => "wide",
            Width::Kiosk => "kiosk",
        };
        let tabbed = if self.tabs.is_empty() { "" } else { " tabbed" };
        let body_class = format!("{width}{}{tabbed}", self.sight.classes());
        html! {
            (DOCTYPE)
            html lang=(self.language.html()) data-language=(self.language.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    @if let Some(address) = &self.onward { meta http-equiv="refresh" content=(format!("0;url={address}")); }
                    @if let Some((seconds, address)) = &self.refresh {
                        // With script the page warns and can be extended (WCAG 2.2.1); only without it this must do.
                        noscript { meta http-equiv="refresh" content=(format!("{seconds};url={address}")); }
                    }
                    title { (self.title) @if !self.city.is_empty() { " | " (self.city) } }
                    @if let Some(address) = &self.icon { link rel="icon" href=(address); }
                    @for address in &self.styles { link rel="stylesheet" href=(address); }
                    @for address in &self.scripts { script type="module" src=(address) {} }
                }
                body class=(body_class) {
                    a class="skip" href="#main" { (words().get(self.language, "page-skip")) }
                    @if let Some(band) = &self.band { aside class="band" aria-label=(words().get(self.language, "page-word-info")) { (band) } }
                    @if self.width != Width::Kiosk { (self.header()) }
                    main id="main" tabindex="-1" { (main) }
                    @if self.width != Width::Kiosk { (self.footer()) }
                }
            }
        }
    }

    fn header(&self) -> Markup {
        html! {
            header class="top" {
                div class="top-line" {
                    p class="city" { (self.city) }
                    @if let Some(who) = &self.who { div class="who" { (who) } }
                    @if let Some(path) = &self.language_path { (language_links(self.language, path)) }
                }
                @if !self.tabs.is_empty() {
                    nav class="tabs" aria-label=(words().get(self.language, "page-navigation")) {
                        ul {
                            @for link in &self.tabs {
                                li { a href=(link.href) aria-current=[link.is_here.then_some("page")] { (link.label) } }
                            }
                        }
                    }
                }
                @if !self.nav.is_empty() { (self.menu()) }
            }
        }
    }

    /// The pages of a front that has many. On a wide screen they stand in the open (the style sheet sees to it); on a phone
    /// behind one line that says where one is, which opens without script, by keyboard and for those who hear the page.
    fn menu(&self) -> Markup {
        let here = self.nav.iter().find(|link| link.is_here).map(|link| &link.label);
        html! {
            nav class="main-nav" aria-label=(words().get(self.language, "page-navigation")) {
                details {
                    summary {
                        (words().get(self.language, "page-menu"))
                        @if let Some(label) = here { span class="here" { (label) } }
                    }
                    ul {
                        @for link in &self.nav {
                            li { a href=(link.href) aria-current=[link.is_here.then_some("page")] { (link.label) } }
                        }
                    }
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        html! {
            footer class="bottom" {
                p { (self.city) }
                @if let Some(path) = &self.language_path { (self.sight.links(self.language, path)) }
            }
        }
    }
}

/// How somebody reads best, beside the language: kept for the browser's session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Very large text.
    pub is_large: bool,
    /// Without readings (ふりがな) above the words.
    pub hides_readings: bool,
}

impl Sight {
    /// The word in the cookie.
    pub const fn word(self) -> &'static str {
        match (self.is_large, self.hides_readings) {
            (false, false) => "usual",
            (true, false) => "large",
            (false, true) => "no-readings",
            (true, true) => "large-no-readings",
        }
    }

    /// Reads the word in the cookie; anything else is as usual.
    pub fn from_word(word: &str) -> Self {
        Self { is_large: word.starts_with("large"), hides_readings: word.ends_with("no-readings") }
    }

    /// After what a link of [`Sight::links`] asks for; `None` when the query asks for nothing of it.
    pub fn asked(self, query: &str) -> Option<Self> {
        let mut asked = None;
        for pair in query.split('&') {
            let now = asked.unwrap_or(self);
            asked = match pair {
                "text=large" => Some(Self { is_large: true, ..now }),
                "text=usual" => Some(Self { is_large: false, ..now }),
                "readings=off" => Some(Self { hides_readings: true, ..now }),
                "readings=on" => Some(Self { hides_readings: false, ..now }),
                _ => asked,
            };
        }
        asked
    }

    const fn classes(self) -> &'static str {
        match (self.is_large, self.hides_readings) {
            (false, false) => "",
            (true, false) => " large",
            (false, true) => " no-readings",
            (true, true) => " large no-readings",
        }
    }

    /// Links that show the page at `path` the other way. Readings are offered where there are any.
    pub fn links(self, language: Language, path: &str) -> Markup {
        let join = if path.contains('?') { '&' } else { '?' };
        let say = |key: &str| words().markup(language, key, &[]);
        let (text, text_key) = if self.is_large { ("usual", "page-text-usual") } else { ("large", "page-text-large") };
        let (readings, readings_key) =
            if self.hides_readings { ("on", "page-readings-on") } else { ("off", "page-readings-off") };
        html! {
            ul class="sight" {
                li { a href=(format!("{path}{join}text={text}")) rel="nofollow" { (say(text_key)) } }
                @if language == Language::EasyJapanese {
                    li { a href=(format!("{path}{join}readings={readings}")) rel="nofollow" { (say(readings_key)) } }
                }
            }
        }
    }
}

/// The same as a list of a page's own, for choosing.
pub fn language_choice(current: Language, path: &str) -> Markup {
    let join = if path.contains('?') { '&' } else { '?' };
    html! {
        ul {
            @for language in Language::ALL {
                li {
                    @if language == current { strong lang=(language.html()) { (language.name()) } }
                    @else {
                        a href=(format!("{path}{join}lang={}", language.code())) lang=(language.html())
                            hreflang=(language.html()) { (language.name()) }
                    }
                }
            }
        }
    }
}

/// Links to this page in the other languages.
pub fn language_links(current: Language, path: &str) -> Markup {
    let join = if path.contains('?') { '&' } else { '?' };
    html! {
        nav class="languages" aria-label=(words().get(current, "page-languages")) {
            ul {
                @for language in Language::ALL {
                    li {
                        @if language == current {
                            span lang=(language.html()) aria-current="true" { (language.name()) }
                        } @else {
                            a href=(format!("{path}{join}lang={}", language.code())) lang=(language.html())
                                hreflang=(language.html()) { (language.name()) }
                        }
                    }
                }
            }
        }
    }
}

/// A picture drawn by us (SVG text we wrote, never a person's input).
pub fn drawing(svg: &'static str) -> Markup {
    PreEscaped(svg.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_somebody_reads_is_kept_and_asked_for_one_by_one() {
        let usual = Sight::default();
        let large = usual.asked("lang=ja&text=large").unwrap();
        let both = large.asked("readings=off").unwrap();
        assert_eq!((both.is_large, both.hides_readings), (true, true));
        assert_eq!((usual.asked(""), usual.asked("text=huge")), (None, None));
        for sight in [usual, large, both, both.asked("text=usual").unwrap()] {
            assert_eq!(Sight::from_word(sight.word()), sight);
        }
        let text = Page::new(Language::EasyJapanese, "x").languages_at("/").sight(both).render(&html! {}).into_string();
        assert!(
            text.contains("<body class=\"reading large no-readings\">") && text.contains("/?readings=on"),
            "{text}"
        );
    }

    #[test]
    fn a_page_names_its_language_and_offers_the_others() {
        let page = Page::new(Language::EasyJapanese, "窓口").city("見本市").languages_at("/staff");
        let text = page.render(&html! { h1 { "窓口" } }).into_string();
        assert!(text.starts_with("<!DOCTYPE html><html lang=\"ja\" data-language=\"ja-easy\">"));
        assert!(text.contains("<title>窓口 | 見本市</title>"));
        assert!(text.contains("href=\"/staff?lang=en\""));
        assert!(text.contains("<a class=\"skip\" href=\"#main\">"));
        assert!(!text.contains("style=") && !text.contains("onclick"));
    }
}
