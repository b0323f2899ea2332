"""How the report looks, in light and in dark."""

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--ink:#1b2430;--dim:#5b6675;--page:#fff;--rule:#dfe4ea;--blue:#1f6fb2;--near:#9cc7ea;
--far:#d6e8f7;--red:#c2410c;--green:#16803c;--violet:#7c3aed}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--dim:#9aa6b5;--page:#12161c;--rule:#2c3440;--blue:#6db3ef;
--near:#2a5a85;--far:#1c364f;--red:#fb923c;--green:#5fce85;--violet:#b795ff}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:860px;margin:2rem auto;
padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid var(--rule)}
h3,h4{margin-bottom:.2rem}h4{font-weight:500}p,dt,small,summary{color:var(--dim)}small{display:block;font-weight:400}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dd{margin:0;overflow-wrap:anywhere}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .5rem;border-bottom:1px solid var(--rule);text-align:right}th:first-child{text-align:left}
thead th{color:var(--dim);font-weight:500}tbody th{font-weight:500}
svg{width:100%;height:auto;display:block}svg text{font-size:11px;fill:var(--dim)}
path{fill:none;stroke-linecap:round;stroke-linejoin:round}.grid{stroke:var(--rule)}.wanted{stroke:var(--dim);
stroke-dasharray:4 4}.near{fill:var(--near)}.far{fill:var(--far)}.median{stroke:var(--blue);stroke-width:1.4}
.actual{stroke:var(--ink);stroke-width:1.2}.held{stroke:var(--red);stroke-width:2}
.hue0{--hue:var(--blue)}.hue1{--hue:var(--red)}.hue2{--hue:var(--green)}.hue3{--hue:var(--violet)}
path.point,path.peak{stroke:var(--hue);stroke-width:1.4}path.peak{stroke-dasharray:2 3}
circle{fill:var(--hue,var(--blue))}circle.peak,circle.seen{fill:var(--page);stroke:var(--hue,var(--blue))}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:.5rem}figure{margin:0}
figcaption{font-weight:500;overflow-wrap:anywhere}
.key span{margin-right:1.2em}.key i{display:inline-block;width:1.2em;height:.6em;margin-right:.4em}
.k-actual{background:var(--ink)}.k-median{background:var(--blue)}.k-near{background:var(--near)}
.k-far{background:var(--far)}.k-held{background:var(--red)}.k-hue0,.k-hue1,.k-hue2,.k-hue3{background:var(--hue)}
.k-hue0{--hue:var(--blue)}.k-hue1{--hue:var(--red)}.k-hue2{--hue:var(--green)}.k-hue3{--hue:var(--violet)}
"""
