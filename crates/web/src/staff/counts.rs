//! How many certificates today, by kind and place, without anybody's content.
