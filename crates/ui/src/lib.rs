//! How Yakuba looks: HTML components, words in three languages, assets.
