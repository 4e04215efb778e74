// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/status_line.h>

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <ui/text.h>

namespace ui {

StatusLine::StatusLine(Store &store, QWidget *parent)
    : QWidget(parent), m_store(store), m_state(plainLabel(tr("ready"), "statusState", this)),
      m_counts(plainLabel({}, "statusCounts", this)), m_lost(plainLabel({}, "statusLost", this)),
      m_progress(new QProgressBar(this)), m_cancel(new QPushButton(tr("Stop"), this))
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
    const QLocale locale;
    const auto number = [&](std::uint64_t n) {
        return locale.toString(static_cast<qulonglong>(n));
    };
    m_counts->setText(tr("%1  ·  %2  ·  %3")
                          .arg(counted(last->messages, tr("message"), tr("messages")),
                               counted(last->rtpPackets, tr("RTP packet"), tr("RTP packets")),
                               counted(m_store.calls().size(), tr("call"), tr("calls"))));
    m_lost->setText(
        tr("%1 dropped, %2 forgotten").arg(number(last->dropped), number(last->evicted)));
    m_lost->setVisible(last->dropped + last->evicted > 0);
    refreshImport(last->import);
}

void StatusLine::refreshImport(const session::ImportState &import)
{
    m_progress->setVisible(import.running);
    m_cancel->setVisible(import.running);
    if (import.path.empty())
        return;
    const QString name = shown(toStd(QFileInfo(QString::fromStdString(import.path)).fileName()));
    m_state->setText(import.running ? tr("reading %1").arg(name) : name);
    if (import.progress.totalBytes > 0)
        m_progress->setValue(static_cast<int>(1000.0 * static_cast<double>(import.progress.bytes) /
                                              static_cast<double>(import.progress.totalBytes)));
}

} // namespace ui
