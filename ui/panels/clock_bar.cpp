// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/clock_bar.h>

#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>
#include <ui/text.h>

namespace ui {
namespace {

QString nameOf(const session::ImportState &import)
{
    return shown(toStd(QFileInfo(QString::fromStdString(import.path)).fileName()));
}

double milliseconds(base::Duration duration)
{
    return base::toMilliseconds(duration);
}

QString sentence(const session::ImportState &import, const session::ImportState &first)
{
    const std::string told =
        session::clockSentence(import.clock, toStd(nameOf(import)), toStd(nameOf(first)));
    if (told.empty() && import.clock.messages != 0)
        return QObject::tr("The clock of %1 shows no difference from that of %2.")
            .arg(nameOf(import), nameOf(first));
    return told.empty() ? QObject::tr("No message was seen both in %1 and in the files before it, "
                                      "so that nothing is known of its clock.")
                              .arg(nameOf(import))
                        : shown(told);
}

} // namespace

ClockBar::ClockBar(Store &store, QWidget *parent)
    : QWidget(parent), m_store(store), m_told(plainLabel({}, "clockTold", this)),
      m_name(plainLabel(tr("Clock a&head by"), "clockName", this)),
      m_offset(new QDoubleSpinBox(this)), m_apply(new QPushButton(tr("&Read again with it"), this)),
      m_estimate(new QPushButton(tr("&Estimate it"), this))
{
    setObjectName(QStringLiteral("clockBar"));
    m_told->setWordWrap(true);
    m_name->setBuddy(m_offset);
    m_offset->setObjectName(QStringLiteral("clockOffset"));
    m_offset->setAccessibleName(tr("How far the file's clock runs ahead, in milliseconds"));
    m_offset->setRange(-1e12, 1e12);
    m_offset->setDecimals(3);
    m_offset->setSuffix(tr(" ms"));
    m_apply->setObjectName(QStringLiteral("clockApply"));
    m_apply->setToolTip(
        plainTip(tr("Reads the files again, with this offset, in a new window. This one stays.")));
    m_estimate->setObjectName(QStringLiteral("clockEstimate"));
    m_estimate->setToolTip(plainTip(tr(
        "Reads the files again in a new window, with an offset from the messages seen in both.")));
    // Its range would ask for more room than the panel beside the ladder has.
    m_offset->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("-000000.000 ms")) +
                              40);
    auto *row = new QHBoxLayout;
    row->addWidget(m_name);
    row->addWidget(m_offset, 1);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_apply);
    buttons->addWidget(m_estimate);
    buttons->addStretch(1);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_told);
    layout->addLayout(row);
    layout->addLayout(buttons);
    connect(m_apply, &QPushButton::clicked, this, [this] { again(true); });
    connect(m_estimate, &QPushButton::clicked, this, [this] { again(false); });
    refresh();
}

void ClockBar::setReadAgain(std::function<void(const QStringList &)> readAgain)
{
    m_readAgain = std::move(readAgain);
}

void ClockBar::choose(std::size_t file)
{
    m_file = std::max<std::size_t>(file, 1);
    refresh();
}

void ClockBar::refresh()
{
    const auto &files = m_store.files();
    setVisible(files.size() > 1);
    m_file = std::min(m_file, std::max<std::size_t>(files.size(), 2) - 1);
    // What was typed stays while updates come in; a file's clock is known once it has begun.
    if (m_file >= files.size())
        return;
    const session::ClockOffset &clock = files[m_file].clock;
    if (m_shown != m_file || m_known != std::pair(clock.messages, clock.offset))
        fill();
}

void ClockBar::fill()
{
    const auto &files = m_store.files();
    const session::ImportState &import = files[m_file];
    m_shown = m_file;
    m_known = {import.clock.messages, import.clock.offset};
    m_told->setText(sentence(import, files.front()));
    m_offset->setValue(milliseconds(import.clock.offset));
}

void ClockBar::again(bool given)
{
    QStringList arguments;
    const auto &files = m_store.files();
    for (std::size_t i = 0; i < files.size(); ++i) {
        const QString path = QString::fromStdString(files[i].path);
        const auto offset = [&](double value) {
            arguments << QStringLiteral("--clock-offset")
                      << QStringLiteral("%1=%2ms").arg(path).arg(value, 0, 'f', 6);
        };
        arguments << path;
        if (i == m_file && given)
            offset(m_offset->value());
        else if (i != m_file && files[i].clock.given)
            offset(milliseconds(files[i].clock.offset));
    }
    if (m_readAgain)
        m_readAgain(arguments);
}

} // namespace ui
