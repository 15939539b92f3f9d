/** 1,296 German words for passphrases: plain, known to all, on every keyboard. Our own choice. */

export const GERMAN_WORDS: string[] = `
  abend achse acker adler affe ahorn akazie akkord aktie album algen allee alpen altar amboss ameise
  ampel amsel ananas anfang angel anker anlauf anorak anzug apfel april arche arena argon armut
  arnika aroma asche atem athlet atlas atom aufzug auge august aurora auster auto bach bagger bahn
  balken balkon ball ballon bambus banane band bank barke barock barsch bart basar basis bass bast
  bauch bauer baum becher becken beere beet beginn beil bein belag beleg berg beruf besen besuch
  beton bett beutel biber biene bier bild birke birne bison bitte blase blatt blech blei blick blitz
  block blume bluse boden bogen bohne bohrer boje bonbon boot borke borste bote boxer brand brei
  breite bremse brezel brief brille brise brot bruch brust bube buch buche bucht bude bulle bund
  burg butter cello chance chaos chef chili chor chrom clown couch creme dach dachs dackel daheim
  damast dame damm dampf daumen deckel deich delfin detail diele dienst diktat ding dinkel diplom
  distel docht dogge dohle dolch dollar donner dorf dorn dorsch dose dotter drache draht druck duell
  duft durst dusche ebbe ebene echo ecke efeu eiche eichel eifer eile eimer eisen elch elfe elle
  elster ende engel enkel ente enzian epoche erbse erde erfolg erker erle ernte esche esel espe
  essig etage eule euro examen fabel fabrik fach fackel faden fahne falke falle falter fang farbe
  farn fasan fass faust feder feier feige feile feld fell fels ferien ferkel ferne fest fett feuer
  fibel fichte figur film filter filz finger fink firma fisch flachs flagge flamme flanke fleck
  fliege flocke floh flora flosse flotte fluss flut fohlen folge form forst foto frack frage frau
  freude freund frisur frosch frost frucht fuchs fuge fund funke furche furt gabel galopp gang gans
  garage garbe garn garten gasse gast gatter gebet geburt gecko geduld gefahr gegend geige geist
  geld gelee gelenk gemse genie gerste geruch gesang geysir giebel gier gipfel gips gitter glanz
  glas glatze glaube gleis globus glocke gnade gold golf gondel gong grad graf gramm granit gras
  grenze griff grille grotte grube grund gruppe gurke gurt guss haar hafen hafer hagel hahn haken
  halm hals halt hammer hand handel hanf hang harfe harke harz hase hasel haube haufen haupt haus
  haut hebel hecht hecke hefe heft heide heimat held helm hemd henkel herbst herd hering herz hexe
  hilfe himmel hirsch hirse hitze hobby hobel hocker holz honig hopfen horn hose hotel hufe hummel
  hummer humor humus hund hunger hupe husten idee idol igel iglu imbiss imker impuls index indigo
  ingwer inhalt insekt insel iris isotop jacke jade jagd jaguar jahr januar jasmin jazz jodel jogger
  jubel jugend juli juni juwel kabel kabine kachel kaffee kahn kaiser kajak kaktus kalb kalk kamel
  kamera kamin kamm kammer kanal kanne kante kanu kanzel kappe kapsel kardan karo karte karton kasse
  kasten kater katze kauz kegel kehle keil keks kelch keller kern kerze kessel kette keule kiefer
  kies kilo kimono kind kino kiosk kirche kissen kiste kitt kittel kiwi klang klappe klasse klee
  kleid klima klinge klippe klotz knall knie knopf knospe knoten koala koch koffer kogge kohl kohle
  kokos kolben komet konto kopf korb kordel kork korn kosmos krabbe kraft kragen kralle kranz krater
  kraut kreide kreis kresse kreuz krimi krokus krone krug kruste kuchen kufe kugel kummer kunde
  kunst kupfer kuppel kurbel kurier kurs kurve kuss labor lache lachs lack lager lagune lama lamm
  lampe land lanze lappen larve laser last latte laub lauch lauf laune laute lava lawine leben leber
  leder leer lehm lehre leim leine leinen leiste leiter lerche leser licht liebe lied liege liga
  lilie limo linde lineal linie linse lippe liste liter loch locke lohn lotse lotto lotus luchs luft
  luke lunge lupe luxus lyrik magen magie magnet mais maler malve mammut mandel mangel mango mantel
  marder marine marke markt marmor mars marsch masche maske mast matte mauer maus meer mehl meile
  meise melone menge mensch merkur messe messer metall meter metro miete mikro milch milz mimose
  mine minute minze mispel mist mitte mixer mode modell mofa mohn molch mole monat mond montag moor
  moos morgen mosaik most motor motte mulde mund murmel museum musik muskel mutter myrte nabel nacht
  nadel nagel narbe nase nation natron natur nebel neffe nektar nelke neon nerv nest netz neubau
  nichte nickel niere nische nomade nonne nord norden note notiz nudel nuss nutzen nylon oase oberst
  objekt oboe obst ocker ofen oktave olive onkel opal oper optik orange orden ordner orgel orient
  orkan osten ostern otter ouzo oval ozean ozon paar paddel palast palme panda panne papier pappel
  parade parfum park party pass pate pause pech pedal pegel pelz pendel perle pfad pfahl pfanne pfau
  pfeife pfeil pferd pflug pforte phase pickel pilger pille pilot pilz pinie pinsel pirat piste
  plakat plan planet platte platz podest pokal pomade pony portal porto post preis presse prinz
  prisma probe profil prosa psalm puder pulli puls pult puma pumpe punkt puppe purpur pute putz
  puzzle python quader qualle quant quark quarz quelle quinte quitte quiz quote rabatt rabe rachen
  radar radio radler rahmen rakete rand rang rasen rast ratte raum raupe rebe rebell reben rechen
  recht rede reform regal regel regen region reich reifen reigen reihe reim reis reise reiter rekord
  rennen rente reptil rest revier rezept riegel riemen riese riff rind rinde ring rinne ritt ritter
  robbe rock roggen rohr rolle roman rose rosine rost rotor route rubel rubin ruder ruhe ruhm ruine
  rumpf runde ruten saal saat sache sack saft sage sahne saite salat salbe salbei saldo salmiak
  salon salz samen samt sand sandale sanduhr saphir sardine satin sattel saturn satz saum sauna
  schach schacht schaf schal schale schall schanze schatz schaum scheibe schein schelle schere
  scherz scheune schicht schiene schiff schild schilf schirm schlaf schloss schluss schmied schmuck
  schnee schnitt schnur schopf schote schrank schritt schuh schuld schule schuppe schutz schwamm
  schwan schwarm schwein schwert schwung segel sehne seide seife seil seite sekt sekunde semmel senf
  sense serie sessel sichel sieb siegel signal silbe silber sinn sirup sitz skala skizze socke sofa
  sohle sohn soja sommer sonde sonne sonntag sorge sorte spange spargel spatz specht speck speer
  speiche speise spiegel spiel spinat spinne spitze sport sprache spritze sprung staat stab stachel
  stadt stahl stall stamm stand stange star start station statue staub staude stein stelle stempel
  steppe stern steuer stich stiefel stier stift stil stille stimme stirn stock stoff stolz storch
  strand strauch strauss streit strich stroh strom strudel stube studie stuhl stunde sturm suche
  summe sumpf suppe symbol szene tabelle tablett tafel taille takt talent taler talg tango tank
  tanne tante tanz tapete tapir tasche tasse taste tatze taube taucher tausch taxi teddy teer teich
  teig teil teller tempel tempo tennis teppich termin test text theater thema theorie thermik thron
  thymian tiefe tiegel tier tiger tinte tisch titel toast tochter tomate tonne topf torf torte
  tournee traube traum treppe tresor treue trick trieb trikot trommel tropfen trost truhe trumpf
  tube tuch tulpe tundra tunnel turban turm turnier tusche ufer ulme umfang umhang umlauf umweg
  umzug unfall uniform unikat unkraut unruhe urlaub urne urteil vase vater ventil venus verband
  verein verlag vers versuch vertrag video viertel villa viola violine visum vitamin vogel vokal
  volk volt vorhang vorrat vorteil vulkan waage wabe wachs wachtel wade waffel wagen wahl wald
  walnuss walze wand wange wanne wappen ware wasser watte weber wecker wehr weide wein weise weite
  weizen welle welt wende werft werk wert wespe westen wette wetter wiege wiese wiesel wild wille
  wimper wind winkel winter wippe wirbel wirt wissen witz woche wohnung wolf wolke wolle wort wucht
  wunder wunsch wurm wurst wurzel yacht yoga zahl zahn zange zapfen zarge zauber zaun zebra zeche
  zehe zeichen zeile zeit zelle zelt zement zepter zettel zeuge ziege ziegel ziel zimt zinn zirkel
  zirkus zitrone zoll zopf zucker zukunft zunge zwang zweck zweig zwerg zwiebel zwirn
`
  .trim()
  .split(/\s+/);
