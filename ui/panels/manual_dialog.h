// SPDX-License-Identifier: Apache-2.0
// The manual's pages, as they were built in, with a search. Nothing is fetched. UI thread.
#pragma once

#include <QDialog>

class QLineEdit;
class QListWidget;
class QTextBrowser;

namespace ui {

class Theme;

class ManualDialog : public QDialog
{
public:
    explicit ManualDialog(Theme &theme, QWidget *parent = nullptr);

private:
    void readPages();
    void turnTo(int page);
    void find(); // the next place, over all pages

    QListWidget *m_pages;
    QTextBrowser *m_text;
    QLineEdit *m_find;
    QStringList m_sources; // markdown, a page each
};

} // namespace ui
