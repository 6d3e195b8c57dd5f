// What a theme's script does at least: show the images that wait for a reader.
for (const image of document.querySelectorAll("img[data-src]")) {
  image.src = image.dataset.src;
}
