//! Pictures of one object on its way through a design: what each camera sees, what is sent, what can be rebuilt.

use std::io::{Cursor, IsTerminal};
use std::path::Path;

use anyhow::{Context, Result};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

use super::super::load::NamedRun;
use super::super::measure::check_views;
use super::super::output::{self, note, say};
use super::super::train::use_threads;
use super::super::usage::{Usage, refuse};
use super::super::{Answer, evaluator, explore, load};
use super::arguments::{Arguments, size};
use crate::files;
use crate::quantity::Metric;
use crate::record::{Bitmap, MeasurementKey, ObjectPictures, PictureRecord, Subset, leak_sentence};
use crate::run::{EvaluatorOptions, PictureRequest, RunDir, serve_pictures};
use crate::tui;
use crate::tui::theme::ColourScheme;

/// Pixels of a PNG for each pixel of a picture, pixels between pictures, and brightness there.
const SCALE: u32 = 4;
const GAP: u32 = 6;
const GROUND: u8 = 48;

/// Answers the explorer's requests for pictures of a run.
pub(super) fn serve(run: &Path) -> Result<Answer> {
    serve_pictures(&RunDir::open(run)?)?;
    Ok(Answer::Yes)
}

/// Makes the pictures of an object and shows them.
pub(super) fn run(arguments: &Arguments, design: &str) -> Result<Answer> {
    let (size, scheme) = (size(&arguments.size)?, explore::scheme(&arguments.theme)?);
    let run = NamedRun::trained(arguments.run.as_ref())?;
    // Errors of the command line come before the run's data are made.
    let space = run.manifest().search_space()?;
    let design = space.print_design(&space.parse_design(&load::spelt(&space, design)).usage()?);
    let most = space.views as usize;
    let views = arguments.views.unwrap_or(6.min(most));
    check_views(views, most)?;
    let run = run.unpacked()?;
    use_threads(arguments.threads)?;
    let evaluator = evaluator::open(&run, EvaluatorOptions::default())?;
    let objects = evaluator.objects(Subset::Test);
    if arguments.object as usize >= objects {
        refuse!("there is no test object {}; they count from 0 to {}", arguments.object, objects.saturating_sub(1));
    }
    let request = PictureRequest { design, views: views as u32, object: arguments.object };
    let PictureRecord { key, pictures } = evaluator.pictures(&request)?;
    let precision = key.design.precision.name();
    let leak = format!("{}, in {precision}", leak_sentence(pictures.leak));
    if let Some(path) = &arguments.png {
        return write(path, &png(&pictures)?);
    }
    if let Some(path) = &arguments.output {
        let caption = format!("{leak}; object {} of {}, {}", request.object, pictures.of, request.design);
        return write(path, tui::object_svg(&pictures, &caption, size, scheme).as_bytes());
    }
    if arguments.json {
        say!("{}", json(&request, &key.design, &pictures)?)?;
        return Ok(Answer::Yes);
    }
    say!("object {} of {}, {}; {}", request.object, pictures.of, pictures.class, request.design)?;
    say!("{leak}; here by {}", pictures.attacker.label())?;
    let colour = std::io::stdout().is_terminal() && arguments.theme != ColourScheme::Mono.name();
    output::coloured(&tui::object_text(&pictures, size, colour, arguments.ascii))?;
    let shares = pictures.cameras.iter().map(|camera| Metric::Leak.format(camera.share)).collect::<Vec<_>>();
    say!("rebuilt of each camera's picture, from camera 0 on, in {precision}: {}", shares.join(", "))?;
    Ok(Answer::Yes)
}

/// Pictures with their design, views, weights and object.
fn json(request: &PictureRequest, key: &MeasurementKey, pictures: &ObjectPictures) -> Result<Value> {
    let PictureRequest { design, views, object } = request;
    Ok(json!({
        "kind": "pictures",
        "design": design,
        "views": views,
        "precision": key.precision.name(),
        "step": key.step,
        "object": object,
        "pictures": serde_json::to_value(pictures)?,
    }))
}

fn write(path: &Path, content: &[u8]) -> Result<Answer> {
    files::write(path, content).with_context(|| format!("{} can't be written", path.display()))?;
    note!("wrote {}", path.display());
    Ok(Answer::Yes)
}

/// PNG with a column for each camera: seen, sent, rebuilt.
fn png(pictures: &ObjectPictures) -> Result<Vec<u8>> {
    let side = pictures.cameras.first().map_or(1, |camera| camera.seen.width) * SCALE;
    let cameras = pictures.cameras.len() as u32;
    let mut sheet =
        RgbImage::from_pixel(GAP + cameras * (side + GAP), GAP + 3 * (side + GAP), Rgb([GROUND, GROUND, GROUND]));
    for (column, camera) in (0..).zip(&pictures.cameras) {
        for (row, picture) in (0..).zip([&camera.seen, &camera.sent, &camera.rebuilt]) {
            paste(&mut sheet, picture, side, GAP + column * (side + GAP), GAP + row * (side + GAP));
        }
    }
    let mut file = Cursor::new(Vec::new());
    sheet.write_to(&mut file, ImageFormat::Png).context("the picture can't be encoded")?;
    Ok(file.into_inner())
}

/// Puts a picture, scaled to a width of at most `side`, into a sheet.
fn paste(sheet: &mut RgbImage, picture: &Bitmap, side: u32, left: u32, top: u32) {
    let longest = picture.width.max(picture.height).max(1);
    let (width, height) = (picture.width * side / longest, picture.height * side / longest);
    for y in 0..height {
        for x in 0..width {
            let (column, row) = (x * picture.width / width, y * picture.height / height);
            sheet.put_pixel(left + x, top + y, Rgb(picture.colour(column as usize, row as usize)));
        }
    }
}
