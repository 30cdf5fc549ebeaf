"""Draws the certificate's fields with ReportLab or WeasyPrint; prints the median CPU milliseconds of a document.

usage: certificate.py reportlab|weasyprint FONT FIELDS OUT ROUNDS
FIELDS: one "label<TAB>value" a line. First lines: title, foot lines begin with "#".
Each peer makes a plain PDF: one page of a ruled table in the same font. No tags, archive profile, code or seal.
"""
import html
import io
import sys
import time


def read(path):
    title, rows, foot = "", [], []
    for line in open(path, encoding="utf-8").read().splitlines():
        if line.startswith("!"):
            title = line[1:]
        elif line.startswith("#"):
            foot.append(line[1:])
        else:
            rows.append(line.split("\t"))
    return title, rows, foot


def reportlab(font, title, rows, foot):
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle
    pdfmetrics.registerFont(TTFont("body", font))
    style = ParagraphStyle("body", fontName="body", fontSize=8, leading=9, wordWrap="CJK")
    large = ParagraphStyle("large", parent=style, fontSize=18, leading=24, alignment=1)

    def draw():
        out = io.BytesIO()
        document = SimpleDocTemplate(out, pagesize=A4, topMargin=12 * mm, bottomMargin=12 * mm)
        cells = [[Paragraph(html.escape(label), style), Paragraph(html.escape(value), style)] for label, value in rows]
        table = Table(cells, colWidths=[45 * mm, 130 * mm])
        table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.3, colors.black), ("TOPPADDING", (0, 0), (-1, -1), 0.5),
                                   ("BOTTOMPADDING", (0, 0), (-1, -1), 1), ("BACKGROUND", (0, 0), (0, -1), colors.whitesmoke)]))
        document.build([Paragraph(title, large), table] + [Paragraph(html.escape(line), style) for line in foot])
        return out.getvalue()
    return draw


def weasyprint(font, title, rows, foot):
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    configuration = FontConfiguration()
    css = CSS(string=f"""@font-face {{ font-family: body; src: url("file://{font}") }}
        @page {{ size: A4; margin: 12mm }} body {{ font: 8pt body }} h1 {{ text-align: center; font-size: 18pt }}
        table {{ border-collapse: collapse; width: 100% }} th, td {{ border: .3pt solid; padding: .5pt 2pt; text-align: left }}
        th {{ background: whitesmoke; width: 45mm }}""", font_config=configuration)

    def draw():
        cells = "".join(f"<tr><th>{html.escape(label)}</th><td>{html.escape(value)}</td></tr>" for label, value in rows)
        lines = "".join(f"<p>{html.escape(line)}</p>" for line in foot)
        page = f'<html lang="ja"><title>{title}</title><body><h1>{title}</h1><table>{cells}</table>{lines}</body></html>'
        return HTML(string=page).write_pdf(stylesheets=[css], font_config=configuration)
    return draw


def main():
    which, font, fields, out, rounds = sys.argv[1:]
    draw = {"reportlab": reportlab, "weasyprint": weasyprint}[which](font, *read(fields))
    open(out, "wb").write(draw())
    times = []
    for _ in range(int(rounds)):
        begun = time.process_time()
        draw()
        times.append((time.process_time() - begun) * 1000)
    times.sort()
    print(f"{times[len(times) // 2]:.2f}")


main()
