// A link to what is folded, or to something inside of it, unfolds it.

const unfold = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = target?.closest("details");
  if (!fold) return;
  fold.open = true;
  target.scrollIntoView();
};

addEventListener("hashchange", unfold);
unfold();
