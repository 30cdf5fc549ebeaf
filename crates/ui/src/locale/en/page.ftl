# Words of every page.
page-skip = Skip to the main part
page-navigation = Main pages
page-menu = Menu
page-languages = Language
page-count = { $n ->
    [one] { $n } result
   *[other] { $n } results
}
page-pages = Pages
page-of = Page { $page } of { $pages }
page-previous = Previous
page-next = Next
page-word-info = Note
page-word-success = Done
page-word-warning = Take care
page-word-error = Error
page-demo-band = This is a demonstration. All people, addresses and cards are made up.
page-demo-entrance = To the first page of the demonstration
page-back = Back
page-home = To the first page
page-yes = Yes
page-no = No
page-text-large = Very large text
page-text-usual = Usual text size
page-readings-off = Hide readings
page-readings-on = Show readings
