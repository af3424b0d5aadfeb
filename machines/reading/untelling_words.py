"""Words that join others, number, greet, or belong to any order, in the languages that are served.

None of them tells one product from another. Common lists of stop words hold too much (``computer``) and too little of
what is said to a business, so that this one is kept by hand.
"""

WORDS = """
the and for with without from this that these those you your yours our ours his her hers its their theirs him
she they them who whom whose which what when where why how not but are was were been being have has had having
does did done can could will would shall should may might must any all both each few more most other others
some such only own same than too very just also again then once here there about above after before below
between into out over under until while because off down against during per via yet let got get give take make
made want need like please thanks thank hello dear regards sorry yes one two three four five six seven eight
nine ten first second third fourth fifth last next previous new old big small large little good bad best nice
right wrong order ordered item article product thing piece set pack pair kit box case bag size colour color
model version type number part time day week way use used home back top live smart free plus pro

der die das den dem des ein eine einen einem einer eines und oder aber nicht auch nur noch schon sehr mit ohne
von vom zum zur bei aus auf für über unter nach vor seit durch gegen wenn weil dass ich sie wir ihr ihm ihn
uns mein meine meinen meiner dein ihre ihren unser kein keine ist sind war waren hat habe haben wird werden
kann können bitte danke hallo mehr eins zwei drei vier erste ersten zweite zweiten dritte letzte letzten
bestellung artikel stück neu alt hier dort man wie was wer als doch mal alle beide

les des une est sont était avec sans pour par sur sous dans chez vers mais pas plus que qui quoi dont où mon
mes ton tes son ses notre votre vos leur leurs elle nous vous ils elles cette ces cet tout tous toute toutes
aux merci bonjour deux trois premier première deuxième dernier dernière commande produit avoir être fait faire
bien

los las una unos unas del con sin por para sobre entre hasta desde pero como más muy sus mis tus nuestro
nuestra este esta estos estas ese esa eso está son fue era hay han que quien cual cuando donde gracias hola
dos tres primero primera segundo segunda último última pedido artículo producto favor
"""

UNTELLING = frozenset(WORDS.split())
