// SPDX-License-Identifier: Apache-2.0
// Running text with headings and numbered evidence links. Foreign words are inserted as plain text:
// nothing in them is ever taken for markup. UI thread.
#pragma once

#include <QTextBrowser>
#include <ui/theme/theme.h>

namespace ui {

class EvidenceText : public QTextBrowser
{
    Q_OBJECT
public:
    explicit EvidenceText(Theme &theme, QWidget *parent = nullptr);

    void begin();
    void heading(const QString &text);
    /// Sentences in which [1], [2], ... up to `evidence` become links.
    void sentences(const QString &text, std::size_t evidence);
    void paragraph(const QString &text);
    /// The same after a mark in its colour.
    void checked(const QString &mark, const QColor &colour, const QString &text,
                 std::size_t evidence);
    void item(int number, const QString &text, const QString &party);
    /// Lines as they stand in a file, to be read and copied.
    void lines(const QStringList &lines);
    /// Our own article, Markdown; never foreign text.
    void article(const QString &markdown);
    void end(); // shows it, keeps the scroll position if the beginning is the same

Q_SIGNALS:
    void evidenceClicked(int number); // counts from 1

private:
    void insertLinked(QTextCursor &cursor, const QString &text, std::size_t evidence);

    QTextDocument *m_draft = nullptr, *m_current = nullptr;
    QString m_shown;
    Theme &m_theme;
};

} // namespace ui
