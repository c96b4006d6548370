// What htmx does not say by itself: the service does not answer, a form has been sent. The page works without it.
(function () {
  "use strict";

  function messages() {
    return document.getElementById("messages");
  }

  function unreachable() {
    const box = messages();
    const line = document.createElement("p");
    line.className = "message erreur";
    line.textContent = box.dataset.injoignable;
    box.replaceChildren(line);
  }

  document.addEventListener("htmx:sendError", unreachable);
  document.addEventListener("htmx:responseError", function (event) {
    const status = event.detail.xhr.status;
    if (status > 500) unreachable();  // a proxy's page; the service's own errors bring their sentence
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.successful) messages().replaceChildren();
  });

  document.addEventListener("submit", function (event) {
    if (!event.target.matches("form[data-une-fois]")) return;
    event.target.setAttribute("aria-busy", "true");
    event.target.querySelector("button[type=submit]").disabled = true;
  });

  // A question that htmx brought is asked in front of the page; « Non » closes it, and the focus goes back.
  document.addEventListener("htmx:afterSwap", function (event) {
    const target = event.detail.target;  // absent from the swaps that server-sent events bring
    const question = target && target.querySelector(":scope > dialog");
    if (question) question.showModal();
  });

  // The tabs of a form: one at a time; « Effacer » empties the one that is shown.
  document.querySelectorAll("form[data-saisie]").forEach(function (form) {
    const links = Array.from(form.querySelectorAll(".onglets a"));
    const panels = links.map((link) => form.querySelector(link.hash));
    function show(index) {
      links.forEach(function (link, other) {
        if (other === index) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
        panels[other].hidden = other !== index;
      });
    }
    links.forEach(function (link, index) {
      link.addEventListener("click", function (event) {
        event.preventDefault();
        show(index);
      });
    });
    form.addEventListener("reset", function (event) {
      event.preventDefault();
      const panel = panels.find((one) => !one.hidden);
      panel.querySelectorAll("input, textarea, select").forEach(function (field) {
        if (field.type === "radio" || field.type === "checkbox") field.checked = false;
        else field.value = "";
      });
    });
    const faulty = links.findIndex((link) => link.dataset.fautes);
    show(faulty < 0 ? 0 : faulty);
  });

  // A page that the browser kept shows old states and an old form key: take a new one.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) window.location.reload();
  });
})();
