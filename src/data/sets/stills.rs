//! Sets of small single pictures in a few large files: IDX (Fashion-MNIST and its kin) and the binary files of CIFAR.

use std::path::Path;

use image::{DynamicImage, GrayImage, RgbImage};

use super::making::{Effort, finish, folder, read_file};
use crate::data::access::Access;
use crate::data::dataset::Dataset;
use crate::data::error::DataError;
use crate::data::fingerprint::Fingerprint;
use crate::data::formats::cifar::{self, Variant};
use crate::data::formats::{ParseError, idx};
use crate::data::plan::{DatasetPlan, Item, SplitPart};
use crate::data::random::Stream;
use crate::data::shape::SampleShape;
use crate::data::spec::{DataSource, DataSpec};
use crate::data::windows::write_views;
use crate::files;

/// Folder in which the package puts Fashion-MNIST.
const FASHION_MNIST: &str = "/usr/share/datasets/fashion-mnist";
/// Classes of Fashion-MNIST in label order.
const FASHION_CLASSES: [&str; 10] =
    ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot"];
/// Spellings of what follows `train` or `t10k` in the names of IDX files, for images and labels.
const IDX_NAMES: [(&str, &str); 4] = [
    ("-images-idx3-ubyte.gz", "-labels-idx1-ubyte.gz"),
    ("-images-idx3-ubyte", "-labels-idx1-ubyte"),
    ("-images.idx3-ubyte.gz", "-labels.idx1-ubyte.gz"),
    ("-images.idx3-ubyte", "-labels.idx1-ubyte"),
];

/// One of several equally sized groups of pictures, read whole.
struct PictureBlock {
    part: SplitPart,
    labels: Vec<u8>,
    pixels: Vec<u8>,
    /// Columns, rows and channels of a picture; pixels are `[picture, channel, row, column]`.
    columns: usize,
    rows: usize,
    channels: usize,
}

impl PictureBlock {
    /// Picture `at`.
    fn picture(&self, at: usize) -> DynamicImage {
        let plane = self.columns * self.rows;
        let pixels = &self.pixels[at * plane * self.channels..][..plane * self.channels];
        let (columns, rows) = (self.columns as u32, self.rows as u32);
        if self.channels == 1 {
            let picture = GrayImage::from_raw(columns, rows, pixels.to_vec());
            return DynamicImage::ImageLuma8(picture.expect("a picture has rows x columns bytes"));
        }
        let interleaved = (0..plane * 3).map(|at| pixels[at % 3 * plane + at / 3]).collect();
        let picture = RgbImage::from_raw(columns, rows, interleaved);
        DynamicImage::ImageRgb8(picture.expect("a picture has three planes"))
    }
}

/// Opens a folder with IDX files.
///
/// # Errors
/// See [`DataError`].
pub(crate) fn open_idx(spec: &DataSpec, shape: SampleShape, access: Access) -> Result<Dataset, DataError> {
    let fashion = spec.source == DataSource::FashionMnist;
    let root = folder(spec, fashion.then_some(FASHION_MNIST))?;
    let mut blocks = Vec::new();
    let mut fingerprint = Fingerprint::default();
    for (prefix, part) in [("train", SplitPart::Train), ("t10k", SplitPart::Test)] {
        let pair = IDX_NAMES
            .map(|(images, labels)| (root.join(format!("{prefix}{images}")), root.join(format!("{prefix}{labels}"))));
        let Some((images, labels)) = pair.into_iter().find(|(images, labels)| images.is_file() && labels.is_file())
        else {
            if part == SplitPart::Test {
                continue;
            }
            return Err(DataError::NothingFound {
                path: root,
                extensions: "train-images-idx3-ubyte[.gz] and train-labels-idx1-ubyte[.gz]".to_owned(),
            });
        };
        for path in [&images, &labels] {
            fingerprint = fingerprint.with_file(&path.to_string_lossy(), &metadata(path)?);
        }
        blocks.push(idx_block(part, &images, &labels)?);
    }
    let most = blocks.iter().flat_map(|block| &block.labels).max().copied().unwrap_or(0);
    let (classes, licence) = if fashion && most < 10 {
        (FASHION_CLASSES.map(str::to_owned).to_vec(), "Fashion-MNIST: MIT (Zalando SE, 2017)")
    } else {
        ((0..=most).map(|label| label.to_string()).collect(), "as the owner of the files says")
    };
    open_blocks(&blocks, classes, licence, fingerprint, spec, shape, access)
}

fn idx_block(part: SplitPart, images_path: &Path, labels_path: &Path) -> Result<PictureBlock, DataError> {
    let open = |path: &Path| files::open(path).map_err(|source| DataError::Read { path: path.to_owned(), source });
    let broken = |path: &Path, error: ParseError| DataError::Parse { file: path.display().to_string(), error };
    let images = idx::read_images(open(images_path)?).map_err(|error| broken(images_path, error))?;
    let labels = idx::read_labels(open(labels_path)?).map_err(|error| broken(labels_path, error))?;
    if images.count != labels.len() {
        return Err(DataError::CountsDiffer {
            images_path: images_path.to_owned(),
            images: images.count,
            labels_path: labels_path.to_owned(),
            labels: labels.len(),
        });
    }
    if images.rows == 0 || images.columns == 0 || images.count == 0 {
        return Err(broken(images_path, ParseError::whole("it has no pixels")));
    }
    Ok(PictureBlock { part, labels, pixels: images.pixels, columns: images.columns, rows: images.rows, channels: 1 })
}

/// Opens a folder with the binary files of CIFAR-10 or CIFAR-100, which are told apart by their names.
///
/// # Errors
/// See [`DataError`].
pub(crate) fn open_cifar(spec: &DataSpec, shape: SampleShape, access: Access) -> Result<Dataset, DataError> {
    let root = folder(spec, None)?;
    let hundred = root.join("train.bin").is_file();
    let (variant, names, mut files) = if hundred {
        (Variant::Hundred, "fine_label_names.txt", vec![(root.join("train.bin"), SplitPart::Train)])
    } else {
        let batches = (1..=5).map(|batch| root.join(format!("data_batch_{batch}.bin")));
        let present = batches.filter(|path| path.is_file()).map(|path| (path, SplitPart::Train));
        (Variant::Ten, "batches.meta.txt", present.collect())
    };
    if files.is_empty() {
        return Err(DataError::NothingFound { path: root, extensions: "data_batch_1.bin ... or train.bin".to_owned() });
    }
    let test = root.join(if hundred { "test.bin" } else { "test_batch.bin" });
    files.extend(test.is_file().then_some((test, SplitPart::Test)));
    let mut fingerprint = Fingerprint::default();
    let mut blocks = Vec::new();
    for (path, part) in files {
        fingerprint = fingerprint.with_file(&path.to_string_lossy(), &metadata(&path)?);
        let read = variant.read(&read_file(&path)?);
        let (labels, pixels) = read.map_err(|error| DataError::Parse { file: path.display().to_string(), error })?;
        blocks.push(PictureBlock { part, labels, pixels, columns: cifar::EDGE, rows: cifar::EDGE, channels: 3 });
    }
    let classes = class_names(&root.join(names), variant)?;
    open_blocks(&blocks, classes, "as the owner of the files says", fingerprint, spec, shape, access)
}

/// Names from the file beside the batches, or numbers when it is not there.
fn class_names(path: &Path, variant: Variant) -> Result<Vec<String>, DataError> {
    if !path.is_file() {
        return Ok((0..variant.classes()).map(|label| label.to_string()).collect());
    }
    let text = String::from_utf8_lossy(&read_file(path)?).into_owned();
    let names: Vec<String> = text.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.len() == variant.classes() {
        return Ok(names);
    }
    let message = format!("it names {} classes, but there are {}", names.len(), variant.classes());
    Err(DataError::Parse { file: path.display().to_string(), error: ParseError::whole(message) })
}

fn metadata(path: &Path) -> Result<std::fs::Metadata, DataError> {
    path.metadata().map_err(|source| DataError::Read { path: path.to_owned(), source })
}

/// Cuts the pictures of all blocks into views. These sets are quick to make.
fn open_blocks(
    blocks: &[PictureBlock],
    classes: Vec<String>,
    licence: &str,
    fingerprint: Fingerprint,
    spec: &DataSpec,
    shape: SampleShape,
    access: Access,
) -> Result<Dataset, DataError> {
    let mut items = Vec::new();
    for (block_at, block) in blocks.iter().enumerate() {
        for (at, &label) in block.labels.iter().enumerate() {
            let name = format!("picture {at} of part {block_at}");
            items.push(Item { label: u16::from(label), part: Some(block.part), name, content: (block_at, at) });
        }
    }
    let plan = DatasetPlan {
        classes,
        items,
        rig: spec.views.rig(),
        skipped: Vec::new(),
        licence: licence.to_owned(),
        fingerprint,
    };
    finish(
        plan,
        (spec, shape),
        access,
        Effort::Small,
        |_| Ok(()),
        |item, _, sample| {
            let (block, at) = item.content;
            let stream = Stream::new(spec.seed, at as u64).fork(block as u64);
            write_views(&blocks[block].picture(at), spec.views, shape, &stream, sample);
            Ok(())
        },
    )
}
