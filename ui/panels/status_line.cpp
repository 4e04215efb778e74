// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/status_line.h>

#include <QFileInfo>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <ui/text.h>

namespace ui {
namespace {

QString fileNameOf(const std::string &path)
{
    return shown(toStd(QFileInfo(QString::fromStdString(path)).fileName()));
}

} // namespace

StatusLine::StatusLine(Store &store, QWidget *parent)
    : QWidget(parent), m_store(store), m_state(plainLabel(tr("ready"), "statusState", this)),
      m_counts(plainLabel({}, "statusCounts", this)), m_lost(plainLabel({}, "statusLost", this)),
      m_progress(new QProgressBar(this)),
      m_cancel(new QPushButton(tr("Stop and keep what is read"), this))
{
    setObjectName(QStringLiteral("statusLine"));
    m_progress->setObjectName(QStringLiteral("importProgress"));
    m_progress->setAccessibleName(tr("Reading the file"));
    m_progress->setRange(0, 1000);
    m_progress->setMaximumWidth(200);
    m_progress->setMaximumHeight(14);
    m_progress->setTextVisible(false);
    m_cancel->setObjectName(QStringLiteral("importCancel"));
    m_cancel->setAccessibleName(tr("Stop reading and keep what is read"));
    m_cancel->setProperty("flat", true);
    for (QLabel *label : {m_state, m_counts, m_lost})
        label->setProperty("muted", true);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 2, 12, 2);
    layout->setSpacing(16);
    layout->addWidget(m_state);
    layout->addWidget(m_progress);
    layout->addWidget(m_cancel);
    layout->addWidget(m_counts);
    layout->addWidget(m_lost);
    layout->addStretch(1);
    layout->addWidget(plainLabel(tr("F1 help"), "statusHelp", this));
    m_progress->hide();
    m_cancel->hide();
    connect(m_cancel, &QPushButton::clicked, this, &StatusLine::cancelWanted);
    connect(&store, &Store::progressed, this, &StatusLine::refresh);
}

void StatusLine::refresh()
{
    const session::Update *last = m_store.last();
    if (last == nullptr)
        return;
    const auto number = [](std::uint64_t n) { return quantity(static_cast<double>(n)); };
    const auto words = [&](std::uint64_t n, const QString &one, const QString &many) {
        return number(n) + QLatin1Char(' ') + (n == 1 ? one : many);
    };
    m_counts->setText(tr("%1  ·  %2")
                          .arg(words(last->messages, tr("message"), tr("messages")),
                               words(last->rtpPackets, tr("RTP packet"), tr("RTP packets"))));
    m_lost->setText(lostText(*last));
    m_lost->setVisible(!m_lost->text().isEmpty());
    refreshImport(last->import);
}

/// What is not there any more, and what is no longer in memory.
QString StatusLine::lostText(const session::Update &update) const
{
    const auto megabytes = [](std::size_t bytes) {
        return quantity(static_cast<double>(bytes) / 1e6);
    };
    QStringList words;
    if (update.dropped + update.evicted > 0)
        words << tr("%1 dropped, %2 forgotten")
                     .arg(quantity(static_cast<double>(update.dropped)),
                          quantity(static_cast<double>(update.evicted)));
    if (update.memory.stored > 0)
        words << tr("%1 MB of older messages on disk").arg(megabytes(update.memory.stored));
    if (update.memory.full)
        words << tr("the disk takes no older messages: %1 MB in memory")
                     .arg(megabytes(update.memory.resident));
    return words.join(QStringLiteral("  ·  "));
}

QString StatusLine::readingText(const session::ImportState &import) const
{
    const auto &progress = import.progress;
    QStringList words{fileNameOf(import.path)};
    if (import.caughtUp) { // followed: what is there was read
        words << tr("followed, %1 packets so far")
                     .arg(quantity(static_cast<double>(progress.packets)));
        return words.join(QStringLiteral("  ·  "));
    }
    if (progress.totalBytes > 0)
        words << tr("%1 %").arg(100 * progress.bytes / progress.totalBytes);
    words << tr("%1 packets").arg(quantity(static_cast<double>(progress.packets)));
    if (const double seconds = static_cast<double>(m_since.elapsed()) / 1000; seconds > 0.2)
        words << tr("%1 MB/s").arg(static_cast<double>(progress.bytes) / 1e6 / seconds, 0, 'f', 0);
    return words.join(QStringLiteral("  ·  "));
}

QString StatusLine::readText(const session::ImportState &import) const
{
    const auto &progress = import.outcome.progress;
    const QString packets = tr("%1 packets").arg(quantity(static_cast<double>(progress.packets)));
    if (!import.error.empty())
        return tr("%1: not read").arg(fileNameOf(import.path));
    if (import.outcome.cancelled)
        return tr("%1  ·  stopped by hand after %2").arg(fileNameOf(import.path), packets);
    return tr("%1  ·  %2 in %3 s")
        .arg(fileNameOf(import.path), packets)
        .arg(static_cast<double>(m_took) / 1000, 0, 'f', 1);
}

void StatusLine::refreshImport(const session::ImportState &import)
{
    if (import.running && !m_cancel->isVisibleTo(this))
        m_since.start();
    else if (!import.running && m_since.isValid()) {
        m_took = m_since.elapsed();
        m_since.invalidate();
    }
    m_progress->setVisible(import.running && !import.caughtUp); // one that is followed has no end
    m_cancel->setVisible(import.running);
    if (import.path.empty())
        return;
    m_state->setText(import.running ? readingText(import) : readText(import));
    if (import.progress.totalBytes > 0)
        m_progress->setValue(static_cast<int>(1000.0 * static_cast<double>(import.progress.bytes) /
                                              static_cast<double>(import.progress.totalBytes)));
}

} // namespace ui
