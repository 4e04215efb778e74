// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/evidence_text.h>

#include <QRegularExpression>
#include <QScrollBar>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocument>
#include <QTextDocumentFragment>

namespace ui {
namespace {

QTextBlockFormat block(double above, double below, double indent = 0)
{
    QTextBlockFormat format;
    format.setTopMargin(above);
    format.setBottomMargin(below);
    format.setLeftMargin(indent);
    format.setLineHeight(130, QTextBlockFormat::ProportionalHeight);
    return format;
}

} // namespace

EvidenceText::EvidenceText(Theme &theme, QWidget *parent) : QTextBrowser(parent), m_theme(theme)
{
    setOpenLinks(false); // a link is a number of ours; nothing is ever fetched
    setFrameShape(QFrame::NoFrame);
    document()->setDocumentMargin(12);
    connect(this, &QTextBrowser::anchorClicked, this, [this](const QUrl &link) {
        bool ok = false;
        const int number = link.path().toInt(&ok);
        if (ok && link.scheme() == QLatin1String("evidence"))
            Q_EMIT evidenceClicked(number);
    });
}

void EvidenceText::begin()
{
    m_draft = new QTextDocument(this);
    m_draft->setDocumentMargin(12);
    m_draft->setDefaultFont(m_theme.font(FontKind::Body));
}

void EvidenceText::heading(const QString &text)
{
    QTextCharFormat format;
    QFont font = m_theme.font(FontKind::Small);
    font.setWeight(QFont::DemiBold);
    font.setCapitalization(QFont::AllUppercase);
    font.setLetterSpacing(QFont::PercentageSpacing, 104);
    format.setFont(font);
    format.setForeground(m_theme.tokens().colour(Neutral::Muted));
    QTextCursor cursor(m_draft);
    cursor.movePosition(QTextCursor::End);
    const bool first = m_draft->isEmpty();
    if (first)
        cursor.setBlockFormat(block(0, 4));
    else
        cursor.insertBlock(block(16, 4));
    cursor.insertText(text, format);
}

void EvidenceText::insertLinked(QTextCursor &cursor, const QString &text, std::size_t evidence)
{
    QTextCharFormat plain;
    plain.setFont(m_theme.font(FontKind::Body));
    plain.setForeground(m_theme.tokens().colour(Neutral::Text));
    QTextCharFormat link = plain;
    link.setFont(m_theme.font(FontKind::Strong));
    link.setForeground(m_theme.tokens().colour(Neutral::Focus));
    link.setAnchor(true);
    link.setFontUnderline(true);
    static const QRegularExpression kNumber(QStringLiteral("\\[(\\d{1,3})\\]"));
    qsizetype from = 0;
    for (auto matches = kNumber.globalMatch(text); matches.hasNext();) {
        const auto match = matches.next();
        const auto number = match.captured(1).toUInt();
        if (number == 0 || number > evidence)
            continue;
        cursor.insertText(text.mid(from, match.capturedStart() - from), plain);
        link.setAnchorHref(QStringLiteral("evidence:%1").arg(number));
        cursor.insertText(match.captured(0), link);
        from = match.capturedEnd();
    }
    cursor.insertText(text.mid(from), plain);
}

void EvidenceText::sentences(const QString &text, std::size_t evidence)
{
    QTextCursor cursor(m_draft);
    cursor.movePosition(QTextCursor::End);
    cursor.insertBlock(block(0, 4));
    insertLinked(cursor, text, evidence);
}

void EvidenceText::checked(const QString &mark, const QColor &colour, const QString &text,
                           std::size_t evidence)
{
    QTextCursor cursor(m_draft);
    cursor.movePosition(QTextCursor::End);
    cursor.insertBlock(block(0, 4, 8));
    QTextCharFormat format;
    format.setFont(m_theme.font(FontKind::Strong));
    format.setForeground(colour);
    cursor.insertText(mark + QLatin1String("  "), format);
    insertLinked(cursor, text, evidence);
}

void EvidenceText::paragraph(const QString &text)
{
    sentences(text, 0);
}

void EvidenceText::item(int number, const QString &text, const QString &party)
{
    QTextCursor cursor(m_draft);
    cursor.movePosition(QTextCursor::End);
    QTextCharFormat plain;
    plain.setFont(m_theme.font(FontKind::Body));
    plain.setForeground(m_theme.tokens().colour(Neutral::Text));
    QTextCharFormat quiet = plain;
    quiet.setForeground(m_theme.tokens().colour(Neutral::Muted));
    cursor.insertBlock(block(0, 4, 8));
    cursor.insertText(QStringLiteral("%1.  ").arg(number), quiet);
    cursor.insertText(text, plain);
    if (!party.isEmpty())
        cursor.insertText(QStringLiteral("  (%1)").arg(party), quiet);
}

void EvidenceText::lines(const QStringList &lines)
{
    QTextCursor cursor(m_draft);
    cursor.movePosition(QTextCursor::End);
    QTextCharFormat code;
    code.setFont(m_theme.font(FontKind::Mono));
    code.setForeground(m_theme.tokens().colour(Neutral::Text));
    QTextCharFormat remark = code;
    remark.setForeground(m_theme.tokens().colour(Neutral::Muted));
    for (const QString &line : lines) {
        auto format = block(0, 0, 32);
        format.setBackground(m_theme.tokens().colour(Neutral::Surface));
        format.setNonBreakableLines(false);
        cursor.insertBlock(format);
        cursor.insertText(line, line.startsWith(QLatin1Char('#')) ? remark : code);
    }
    if (!lines.isEmpty()) { // room below the last of them
        auto last = cursor.blockFormat();
        last.setBottomMargin(8);
        cursor.setBlockFormat(last);
    }
}

void EvidenceText::article(const QString &markdown)
{
    QTextDocument text;
    text.setDefaultFont(m_theme.font(FontKind::Body));
    // Its title stands in the card already.
    const bool titled = markdown.startsWith(QLatin1String("# "));
    text.setMarkdown(titled ? markdown.mid(markdown.indexOf(QLatin1Char('\n')) + 1) : markdown,
                     QTextDocument::MarkdownNoHTML);
    for (QTextBlock part = text.begin(); part.isValid(); part = part.next()) {
        QTextCursor whole(part);
        whole.select(QTextCursor::BlockUnderCursor);
        if (part.blockFormat().headingLevel() > 0) {
            QTextCharFormat strong;
            strong.setFont(m_theme.font(FontKind::Strong));
            strong.setProperty(QTextFormat::FontSizeAdjustment, 0); // Markdown sets its own
            strong.setForeground(m_theme.tokens().colour(Neutral::Text));
            whole.mergeCharFormat(strong);
        }
        QTextBlockFormat airy;
        airy.setLineHeight(130, QTextBlockFormat::ProportionalHeight);
        airy.setTopMargin(part.blockFormat().headingLevel() > 0 ? 10 : 2);
        airy.setBottomMargin(4);
        whole.mergeBlockFormat(airy);
    }
    QTextCursor cursor(m_draft);
    cursor.movePosition(QTextCursor::End);
    cursor.insertBlock(block(0, 4));
    cursor.insertFragment(QTextDocumentFragment(&text));
}

void EvidenceText::end()
{
    const int scroll = verticalScrollBar()->value();
    const QString words = m_draft->toPlainText();
    const QString before = m_shown;
    m_shown = words;
    setDocument(m_draft); // takes the first, own document along; ours are ours to delete
    if (m_current != nullptr)
        m_current->deleteLater();
    m_current = m_draft;
    // The same article with newer figures: the reader stays where they are.
    const bool same = !before.isEmpty() && before.left(40) == words.left(40);
    verticalScrollBar()->setValue(same ? scroll : 0);
}

} // namespace ui
