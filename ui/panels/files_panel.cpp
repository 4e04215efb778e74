// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/files_panel.h>

#include <QFileInfo>
#include <QHeaderView>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <ui/panels/clock_bar.h>
#include <ui/text.h>

namespace ui {

QString readingOf(const session::ImportState &import)
{
    const ingest::Progress &progress = import.running ? import.progress : import.outcome.progress;
    QStringList words{
        QObject::tr("%1 packets").arg(quantity(static_cast<double>(progress.packets)))};
    for (const std::string &link : import.outcome.linkTypes)
        words << shown(link);
    if (import.running)
        words << QObject::tr("being read");
    if (import.outcome.cancelled)
        words << QObject::tr("stopped by hand");
    if (import.outcome.truncated)
        words << QObject::tr("its end is missing");
    return words.join(QLatin1String(", "));
}

FilesPanel::FilesPanel(Store &store, QWidget *parent)
    : QWidget(parent), m_store(store),
      m_empty(plainLabel(tr("No file was read yet. Open a capture, or drop one on the window."),
                         "filesEmpty", this)),
      m_list(new QTreeWidget(this)), m_clock(new ClockBar(store, this))
{
    setObjectName(QStringLiteral("filesPanel"));
    m_empty->setWordWrap(true);
    m_empty->setMargin(12);
    m_empty->setProperty("muted", true);
    m_list->setObjectName(QStringLiteral("files"));
    m_list->setAccessibleName(tr("Files and what could not be read of them"));
    m_list->setHeaderHidden(true);
    m_list->setColumnCount(1);
    m_list->setWordWrap(true);
    m_list->setTextElideMode(Qt::ElideNone);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_empty);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_clock);
    connect(m_list, &QTreeWidget::currentItemChanged, this, &FilesPanel::choose);
    connect(&store, &Store::progressed, this, &FilesPanel::refresh);
    refresh();
}

/// The file of the item, or of the flaw that stands below it.
void FilesPanel::choose(QTreeWidgetItem *current)
{
    while (current != nullptr && current->parent() != nullptr)
        current = current->parent();
    const int index = m_list->indexOfTopLevelItem(current);
    if (index >= 0)
        m_clock->choose(static_cast<std::size_t>(index));
}

void FilesPanel::refresh()
{
    m_clock->refresh();
    const auto &files = m_store.files();
    m_empty->setVisible(files.empty());
    m_list->setVisible(!files.empty());
    while (m_list->topLevelItemCount() > static_cast<int>(files.size()))
        delete m_list->takeTopLevelItem(0);
    for (std::size_t i = 0; i < files.size(); ++i) {
        QTreeWidgetItem *item = m_list->topLevelItem(static_cast<int>(i));
        const bool fresh = item == nullptr;
        if (fresh)
            item = new QTreeWidgetItem(m_list);
        if (fresh || i + 1 == files.size()) // the others do not change any more
            fill(*item, files[i]);
        if (fresh)
            item->setExpanded(true);
    }
}

void FilesPanel::fill(QTreeWidgetItem &item, const session::ImportState &import)
{
    const QString path = shown(import.path);
    const QString name = QFileInfo(path).fileName();
    const QString numbered = // the ladder calls it "file 2"
        import.number > 0 ? tr("File %1  ·  %2").arg(import.number).arg(name) : name;
    item.setText(0, QStringLiteral("%1  ·  %2").arg(numbered, readingOf(import)));
    item.setToolTip(0, plainTip(path));
    QStringList lines;
    if (!import.error.empty())
        lines << shown(import.error);
    for (const std::string &flaw : import.flaws)
        lines << shown(flaw);
    for (int i = item.childCount(); i < lines.size(); ++i)
        item.addChild(new QTreeWidgetItem({lines[i]}));
}

} // namespace ui
