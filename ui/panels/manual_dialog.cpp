// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/manual_dialog.h>

#include <QDialogButtonBox>
#include <QDir>
#include <QFile>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSplitter>
#include <QTextBrowser>
#include <QVBoxLayout>
#include <ui/text.h>
#include <ui/theme/theme.h>

namespace ui {
namespace {

QString titleOf(const QString &markdown)
{
    const QString first = markdown.section(QLatin1Char('\n'), 0, 0);
    return first.startsWith(QLatin1String("# ")) ? first.mid(2).remove(QLatin1Char('`')) : first;
}

} // namespace

ManualDialog::ManualDialog(Theme &theme, QWidget *parent)
    : QDialog(parent), m_pages(new QListWidget(this)), m_text(new QTextBrowser(this)),
      m_find(new QLineEdit(this))
{
    setObjectName(QStringLiteral("manual"));
    setWindowTitle(tr("Manual"));
    m_pages->setObjectName(QStringLiteral("manualPages"));
    m_pages->setAccessibleName(tr("Pages of the manual"));
    m_pages->setWordWrap(true);
    m_text->setObjectName(QStringLiteral("manualText"));
    m_text->setAccessibleName(tr("The page"));
    m_text->setOpenLinks(false);
    m_text->document()->setDocumentMargin(16);
    m_text->document()->setDefaultFont(theme.font(FontKind::Body));
    m_find->setObjectName(QStringLiteral("manualFind"));
    m_find->setAccessibleName(tr("Find in the manual"));
    m_find->setPlaceholderText(tr("Find in all pages; Return: the next place"));
    m_find->setClearButtonEnabled(true);
    auto *split = new QSplitter(this);
    split->setObjectName(QStringLiteral("manualSplit"));
    split->addWidget(m_pages);
    split->addWidget(m_text);
    split->setStretchFactor(1, 1);
    split->setSizes({220, 640});
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_find);
    layout->addWidget(split, 1);
    layout->addWidget(buttons);
    nameInternals(this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    for (QAbstractButton *each : buttons->buttons())
        static_cast<QPushButton *>(each)->setAutoDefault(false); // Return finds
    connect(m_pages, &QListWidget::currentRowChanged, this, &ManualDialog::turnTo);
    connect(m_find, &QLineEdit::returnPressed, this, &ManualDialog::find);
    resize(QSize(900, 640).boundedTo(parent == nullptr ? QSize(900, 640) : parent->size()));
    readPages();
    m_find->setFocus(Qt::OtherFocusReason);
}

/// As they were built in; the one about the window is shown first.
void ManualDialog::readPages()
{
    int first = 0;
    const QDir folder(QStringLiteral(":/manual"));
    for (const QString &name :
         folder.entryList({QStringLiteral("*.md")}, QDir::Files, QDir::Name)) {
        QFile file(folder.filePath(name));
        if (!file.open(QIODevice::ReadOnly))
            continue;
        m_sources << QString::fromUtf8(file.readAll());
        m_pages->addItem(titleOf(m_sources.back()));
        if (name == QLatin1String("window.md"))
            first = m_pages->count() - 1;
    }
    m_pages->setCurrentRow(first);
}

void ManualDialog::turnTo(int page)
{
    if (page >= 0 && page < m_sources.size())
        m_text->setMarkdown(m_sources[page]);
}

void ManualDialog::find()
{
    const QString words = m_find->text().trimmed();
    if (words.isEmpty() || m_text->find(words))
        return;
    const auto count = static_cast<int>(m_sources.size());
    for (int step = 1; step <= count; ++step) { // round all pages, this one again from its top
        const int page = (m_pages->currentRow() + step) % count;
        if (!m_sources[page].contains(words, Qt::CaseInsensitive))
            continue;
        m_pages->setCurrentRow(page);
        m_text->moveCursor(QTextCursor::Start);
        if (m_text->find(words))
            return;
    }
}

} // namespace ui
