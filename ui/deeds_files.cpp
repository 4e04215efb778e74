// SPDX-License-Identifier: Apache-2.0
// Files in and out: captures, exports, the clipboard.
#include <ui/deeds.h>

#include <ingest/source.h>
#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QMainWindow>
#include <QProcess>
#include <QStandardPaths>
#include <report/format.h>
#include <ui/bridge/desk_bridge.h>
#include <ui/export/exporter.h>
#include <ui/focus.h>
#include <ui/needs.h>
#include <ui/panels/ladder_pane.h>
#include <ui/settings.h>
#include <ui/text.h>
#include <ui/views/message_view.h>

namespace ui {
namespace {

QString filters()
{
    QStringList patterns{QStringLiteral("*.pcapng"), QStringLiteral("*.pcap")}; // first in sight
    for (const ingest::Source *source : ingest::sources::all())
        patterns << shown(source->patterns).split(QLatin1Char(' '), Qt::SkipEmptyParts);
    patterns << QStringLiteral("*.gz") << QStringLiteral("*.zst") << QStringLiteral("*.lz4");
    patterns.removeDuplicates();
    return QObject::tr("Captures (%1);;All files (*)").arg(patterns.join(QLatin1Char(' ')));
}

QString flawsText(const QString &name, const std::vector<std::string> &flaws)
{
    const QString first = QObject::tr("%1: %2").arg(name, shown(flaws.front()));
    return flaws.size() == 1 ? first
                             : QObject::tr("%1 (%2 more under View, Files read)")
                                   .arg(first)
                                   .arg(flaws.size() - 1);
}

} // namespace

void Deeds::openDialog()
{
    const QString folder = m_parts.settings->text(QStringLiteral("files/folder"));
    const QStringList paths =
        QFileDialog::getOpenFileNames(m_parts.window, tr("Open captures"), folder, filters());
    for (const QString &path : paths)
        openFile(path);
}

void Deeds::openFile(const QString &path)
{
    const session::Update *last = m_parts.bridge->store().last();
    const bool endless = last != nullptr && last->import.running && last->import.caughtUp;
    if (!m_reading.isEmpty() && !endless) { // behind a file that is followed nothing waits
        if (path != m_reading && !m_waiting.contains(path))
            m_waiting << path;
        return;
    }
    m_flawsTold = 0;
    if (!m_parts.bridge->openFile(path, m_clocks ? m_clocks(toStd(path)) : session::ClockChoice{}))
        return;
    m_reading = path;
    m_parts.settings->setText(QStringLiteral("files/folder"), QFileInfo(path).absolutePath());
    m_parts.settings->addRecentFile(QFileInfo(path).absoluteFilePath());
    Q_EMIT recentChanged();
    m_parts.focus->followNext();
}

void Deeds::pasteTrace()
{
    const QString text = QApplication::clipboard()->text();
    if (text.trimmed().isEmpty()) {
        say(tr("There is no text on the clipboard. Copy a trace, then paste it here."), false);
        return;
    }
    m_flawsTold = 0;
    const QString name = tr("Pasted text");
    if (!m_parts.bridge->openText(name, text))
        return;
    m_reading = name;
    m_parts.focus->followNext();
}

void Deeds::followDialog()
{
    const QString folder = m_parts.settings->text(QStringLiteral("files/folder"));
    const QString path = QFileDialog::getOpenFileName(
        m_parts.window, tr("Follow a file that is being written"), folder, filters());
    if (path.isEmpty() || !m_parts.bridge->followFile(path))
        return;
    m_flawsTold = 0;
    m_reading = path;
    m_parts.settings->setText(QStringLiteral("files/folder"), QFileInfo(path).absolutePath());
    m_parts.focus->followNext();
}

void Deeds::watchImport()
{
    const session::Update *last = m_parts.bridge->store().last();
    if (last == nullptr || last->import.path.empty())
        return;
    const session::ImportState &import = last->import;
    if (auto *stop = m_parts.window->findChild<QAction *>(QStringLiteral("file.stop")))
        stop->setEnabled(import.running);
    // One that is followed has no end to tell it at.
    if (import.running && import.caughtUp) {
        if (import.flaws.size() > m_flawsTold)
            say(shown(import.flaws.back()), false);
        m_flawsTold = import.flaws.size();
    }
    // An update may still tell of the import before.
    if (!import.running && QString::fromStdString(import.path) == m_reading)
        endImport(*last);
}

void Deeds::endImport(const session::Update &last)
{
    const session::ImportState &import = last.import;
    m_reading.clear();
    const QString name = shown(toStd(QFileInfo(QString::fromStdString(import.path)).fileName()));
    if (const auto clock =
            session::clockSentence(import.clock, toStd(name), toStd(tr("what was there before")));
        !clock.empty())
        say(shown(clock), false);
    if (!import.error.empty())
        say(shown(import.error), true);
    else if (!import.flaws.empty())
        say(flawsText(name, import.flaws), false);
    else if (import.messages == 0 && !import.outcome.cancelled)
        say(tr("%1 holds no SIP: %2 packets were read.")
                .arg(name)
                .arg(import.outcome.progress.packets),
            false);
    while (m_reading.isEmpty() && !m_waiting.isEmpty())
        openFile(m_waiting.takeFirst());
}

void Deeds::setClocks(std::function<session::ClockChoice(const std::string &)> clocks)
{
    m_clocks = std::move(clocks);
}

void Deeds::readAgain(const QStringList &arguments)
{
    if (!QProcess::startDetached(QCoreApplication::applicationFilePath(), arguments))
        say(tr("No further window could be started. Start it by hand: earshot %1")
                .arg(arguments.join(QLatin1Char(' '))),
            true);
}

void Deeds::stopReading()
{
    m_waiting.clear();
    m_parts.bridge->cancelImport();
}

void Deeds::saveSession()
{
    const QString folder = m_parts.settings->text(QStringLiteral("files/exports"));
    QString path = QFileDialog::getSaveFileName(m_parts.window, tr("Save the session as"), folder,
                                                tr("Captures (*.pcapng)"));
    if (path.isEmpty())
        return;
    if (QFileInfo(path).suffix().isEmpty())
        path += QLatin1String(".pcapng");
    m_parts.settings->setText(QStringLiteral("files/exports"), QFileInfo(path).absolutePath());
    m_parts.bridge->saveSession(path);
}

void Deeds::recordSessions(bool on)
{
    m_parts.settings->setFlag(QStringLiteral("session/record"), on);
    say(on ? tr("From the next start on, sessions are kept on disk while they last.")
           : tr("From the next start on, sessions stay in memory only."),
        false);
}

void Deeds::exportAs(const QString &format)
{
    const CallPtr call = m_parts.focus->call();
    if (!call) {
        say(lacking(Need::Call, m_parts), false);
        return;
    }
    const bool png = format == QLatin1String("png");
    const report::Format *writer = png ? nullptr : report::format(toStd(format));
    if (!png && writer == nullptr)
        return;
    const QString extension = png ? QStringLiteral("png") : shown(writer->extension);
    const QString title = png ? tr("Picture") : shown(writer->title);
    const QString folder =
        m_parts.settings->text(QStringLiteral("files/exports"),
                               QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation));
    QString path =
        QFileDialog::getSaveFileName(m_parts.window, tr("Export the call"),
                                     folder + QLatin1Char('/') + fileNameOf(*call, extension),
                                     QStringLiteral("%1 (*.%2)").arg(title, extension));
    if (path.isEmpty())
        return;
    if (QFileInfo(path).suffix().isEmpty())
        path += QLatin1Char('.') + extension;
    m_parts.settings->setText(QStringLiteral("files/exports"), QFileInfo(path).absolutePath());
    std::string bytes;
    if (png) {
        const QImage image =
            picture(*m_parts.ladder->wholeScene(), *m_parts.theme, 2, headingOf(*call));
        QByteArray packed;
        QBuffer buffer(&packed);
        buffer.open(QIODevice::WriteOnly);
        if (image.isNull() || !image.save(&buffer, "PNG")) {
            say(tr("This ladder is too large for a picture. Export it as SVG or HTML instead."),
                true);
            return;
        }
        bytes = packed.toStdString();
    } else {
        bytes = exported(m_parts.bridge->store(), *call, writer->id);
    }
    const auto saved = save(path, bytes);
    tell("written",
         saved ? tr("Written to %1.").arg(shown(toStd(path))) : shown(saved.error().sentence),
         !saved);
}

void Deeds::copyLadder()
{
    if (const CallPtr call = m_parts.focus->call()) {
        const std::string text = exported(m_parts.bridge->store(), *call, "text");
        QApplication::clipboard()->setText(QString::fromStdString(text));
        tell("written", tr("The ladder is on the clipboard as text."));
    }
}

void Deeds::copyMessage()
{
    const trace::RowId row = m_parts.focus->row();
    if (!row.valid())
        return;
    // The clipboard leaves the window: credentials are masked (trust T13).
    const std::string text = report::redacted(m_parts.bridge->store().trace().text(row));
    QApplication::clipboard()->setText(shownLines(text));
}

} // namespace ui
