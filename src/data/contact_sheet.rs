//! Contact sheets: a picture of what a set looks like, one object a row, one view a column.

use std::io::Cursor;
use std::path::Path;

use image::ColorType;

use super::dataset::Dataset;
use super::error::DataError;
use crate::files;

/// Pixels between views.
const GAP: usize = 2;
/// Brightness of the gaps.
const GROUND: u8 = 48;

/// Objects shown on a sheet: the first `per_class` of each class, class by class.
pub(crate) fn chosen(set: &Dataset, per_class: usize) -> Vec<usize> {
    let of_class = |class: u16| (0..set.objects()).filter(move |&object| set.labels[object] == class).take(per_class);
    (0..set.classes.len() as u16).flat_map(of_class).collect()
}

/// Writes a PNG with `per_class` objects of each class, top to bottom in label order, and their views from left to
/// right.
///
/// # Errors
/// When the set is empty, or the file cannot be written.
pub(crate) fn write(set: &Dataset, per_class: usize, path: &Path) -> Result<(), DataError> {
    let objects = chosen(set, per_class.max(1));
    let failed = |message: String| DataError::Picture { path: path.to_owned(), message };
    if objects.is_empty() {
        return Err(failed("the set has no objects".to_owned()));
    }
    let (columns, rows) = (GAP + set.views * (set.width + GAP), GAP + objects.len() * (set.height + GAP));
    let mut pixels = vec![GROUND; columns * rows * set.channels];
    for (row, &object) in objects.iter().enumerate() {
        for view in 0..set.views {
            let corner = (GAP + row * (set.height + GAP)) * columns + GAP + view * (set.width + GAP);
            for (at, &value) in set.view(object, view)?.iter().enumerate() {
                let (channel, y, x) = (at / (set.height * set.width), at / set.width % set.height, at % set.width);
                pixels[(corner + y * columns + x) * set.channels + channel] = value;
            }
        }
    }
    let colour = if set.channels == 1 { ColorType::L8 } else { ColorType::Rgb8 };
    let mut picture = Cursor::new(Vec::new());
    image::write_buffer_with_format(
        &mut picture,
        &pixels,
        columns as u32,
        rows as u32,
        colour,
        image::ImageFormat::Png,
    )
    .map_err(|error| failed(error.to_string()))?;
    files::write(path, picture.get_ref()).map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_stand_where_they_should() {
        for channels in [1, 3] {
            let spec = "arrangement-10:objects=30".parse().expect("valid");
            let set = Dataset::open(&spec, 3, 16, channels).expect("opens");
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("sheet.png");
            write(&set, 2, &path).expect("written");
            let sheet = image::open(&path).expect("a picture").to_rgb8();
            assert_eq!(sheet.dimensions(), (2 + 3 * 18, 2 + 20 * 18));
            // Row 3 is the second object of class 1, which is object 11; its view 2.
            let (x, y) = (2 + 2 * 18 + 7, 2 + 3 * 18 + 9);
            assert_eq!(sheet.get_pixel(x, y).0[0], set.view(11, 2).expect("in memory")[9 * 16 + 7]);
        }
    }

    #[test]
    fn an_unwritable_file_is_an_error() {
        let spec = "arrangement-10:objects=10".parse().expect("valid");
        let set = Dataset::open(&spec, 1, 16, 1).expect("opens");
        let message = write(&set, 1, Path::new("/no/such/folder/sheet.png")).expect_err("refused").to_string();
        assert!(message.starts_with("cannot write /no/such/folder/sheet.png"), "{message}");
    }
}
