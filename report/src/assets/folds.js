// A link to a folded run unfolds it.

const unfold = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.tagName !== "DETAILS") return;
  target.open = true;
  target.scrollIntoView();
};

addEventListener("hashchange", unfold);
unfold();
