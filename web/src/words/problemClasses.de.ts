/** What may go wrong with a file, and what to do about it, in German. */

import type { ProblemWords } from "./problemClasses.en";

export const problemClasses: Record<string, ProblemWords> = {
  "permission-denied": {
    title: "Darf nicht gelesen werden",
    advice: "Dem Client fehlt das Recht, sie zu lesen. Lassen Sie ihn als jemand laufen, der es darf (für ein ganzes Gerät als root), oder lassen Sie die Datei aus.",
  },
  "read-error": {
    title: "Lässt sich nicht lesen",
    advice: "Vielleicht ist die Platte oder das Netzlaufwerk defekt. Prüfen Sie die Platte und kopieren Sie Wichtiges anderswohin. Das nächste Backup versucht es wieder.",
  },
  "not-answering": {
    title: "Antwortet nicht",
    advice: "Ein Netzlaufwerk oder eine Platte hängt. Verbinden Sie sie neu oder trennen Sie sie; muss sie nicht gesichert werden, lassen Sie sie aus.",
  },
  "root-missing": {
    title: "Ausgewählt, aber nicht da",
    advice: "Ist eine Platte oder ein Netzlaufwerk nicht verbunden? Verbinden Sie es und sichern Sie noch einmal. Ist es endgültig weg, nehmen Sie es von der Liste; was gesichert wurde, bleibt.",
  },
  endless: {
    title: "Hört nicht auf",
    advice: "Sie gibt viel mehr Inhalt her, als sie angibt, wie Dateien des Systems oder mancher Programme. Lassen Sie sie aus.",
  },
  "changed-while-read": {
    title: "Hat sich beim Lesen geändert",
    advice: "Gesichert ist vielleicht eine Mischung aus vorher und nachher. Schließen Sie das Programm, das sie schreibt. Das nächste Backup liest sie noch einmal.",
  },
  "attributes-too-long": {
    title: "Ohne erweiterte Attribute gesichert",
    advice: "Der Inhalt ist gesichert. Die Attribute sind länger, als gesichert werden kann.",
  },
  "name-too-long": {
    title: "Hat einen zu langen Pfad",
    advice: "Benennen Sie sie um oder verschieben Sie sie, sodass der Pfad kürzer wird.",
  },
  vanished: {
    title: "War weg, als sie gelesen werden sollte",
    advice: "Meist eine temporäre Datei, dann ist nichts zu tun. Sind es viele, lassen Sie ihren Ordner aus.",
  },
  "clock-wrong": {
    title: "Die Uhr geht falsch",
    advice: "Stellen Sie die Uhr dieses Geräts, oder lassen Sie sie aus dem Netz stellen, damit auf Zeiten Verlass ist.",
  },
  "hook-failed": {
    title: "Ein Befehl rund um die Sicherung ist gescheitert",
    advice: "Was er bereitstellen sollte, etwa der Auszug einer Datenbank, kann in dieser Sicherung fehlen oder alt sein. `csb log` auf dem Gerät zeigt, was er ausgegeben hat.",
  },
  "read-live": {
    title: "Gelesen, während es sich ändern konnte",
    advice: "Das Dateisystem hat für das Backup nicht stillgehalten: Zusammengehörige Dateien, etwa die einer Datenbank, können von verschiedenen Augenblicken sein. `csb stills` auf dem Gerät sagt, was möglich ist.",
  },
  "time-out-of-range": {
    title: "Liegt zeitlich zu weit weg",
    advice: "Der Inhalt ist gesichert, mit der nächstmöglichen Zeit: Jahre 1677 bis 2262.",
  },
  "content-lacking": {
    title: "Der Inhalt ist nicht zu bekommen",
    advice: "Bitten Sie die Verwaltung, den Speicher zu prüfen. Vielleicht hat ihn ein anderer Schnappschuss: Sehen Sie sich die Versionen der Datei an.",
  },
  "attributes-lacking": {
    title: "Wiederhergestellt ohne das, was neben dem Inhalt aufbewahrt war",
    advice: "Der Inhalt stimmt. Erweiterte Attribute und Zugriffslisten fehlen, die Gruppe darf nur noch, was alle dürfen, und was ein weiterer Name einer Datei war, ist eine eigene Datei. Vielleicht hat sie ein anderer Schnappschuss: Sehen Sie sich die Versionen der Datei an. Bitten Sie die Verwaltung, den Speicher zu prüfen.",
  },
  damaged: {
    title: "Auf dem Server beschädigt",
    advice: "Sie wurde nicht geschrieben, weil sie nicht das ist, was gesichert wurde. Nehmen Sie sie aus einem anderen Schnappschuss und sagen Sie der Verwaltung Bescheid.",
  },
  "listing-damaged": {
    title: "Das Verzeichnis eines Ordners ist beschädigt",
    advice: "Was darin steht, ließ sich nicht wiederherstellen. Versuchen Sie einen anderen Schnappschuss und sagen Sie der Verwaltung Bescheid.",
  },
  "unfinished-snapshot": {
    title: "Aus einem unfertigen Backup wiederhergestellt",
    advice: "Vielleicht fehlen Dateien. Stellen Sie auch aus dem Schnappschuss davor wieder her, in einen anderen Ordner.",
  },
  "server-went-back": {
    title: "Der Server verbirgt vielleicht neuere Schnappschüsse",
    advice: "Ein anderes Gerät hat mehr gesehen, als der Server jetzt zeigt. Was wiederhergestellt wurde, ist echt, aber vielleicht alt. Fragen Sie die Verwaltung, ob der Server aus einer älteren Kopie stammt.",
  },
  "not-written": {
    title: "Ließ sich nicht schreiben",
    advice: "Prüfen Sie, ob Sie dort schreiben dürfen und ob Platz ist; oder stellen Sie an einem anderen Ort wieder her.",
  },
  exists: {
    title: "An ihrem Platz war etwas anderes",
    advice: "Jetzt ist beides da: Vergleichen Sie und behalten Sie das Richtige.",
  },
  owner: {
    title: "Gehört jemand anderem als vorher",
    advice: "Der Inhalt stimmt. Kommt es auf Besitzer an, stellen Sie als root wieder her.",
  },
  group: {
    title: "Gehört einer anderen Gruppe als vorher",
    advice: "Der Inhalt stimmt. Kommt es auf Gruppen an, stellen Sie als root oder als Mitglied der Gruppe wieder her.",
  },
  links: {
    title: "Ist jetzt eine eigene Datei",
    advice: "Sie war ein zweiter Name einer Datei, auf die sich nicht verweisen ließ. Der Inhalt stimmt.",
  },
  replaced: {
    title: "Wurde beim Wiederherstellen ersetzt",
    advice: "Etwas anderes schreibt gleichzeitig dorthin. Halten Sie es an und versuchen Sie es noch einmal, oder stellen Sie an einem anderen Ort wieder her.",
  },
  mode: {
    title: "Hat andere Rechte als vorher",
    advice: "Der Inhalt stimmt. Das Dateisystem behält Rechte vielleicht nicht.",
  },
  times: {
    title: "Hat eine andere Zeit als vorher",
    advice: "Der Inhalt stimmt. Das Dateisystem behält solche Zeiten vielleicht nicht.",
  },
  attributes: {
    title: "Ohne manche Attribute wiederhergestellt",
    advice: "Der Inhalt stimmt. Stellen Sie als root wieder her, in einem Dateisystem, das solche Attribute behält.",
  },
};
