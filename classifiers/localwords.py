"""Words of Sasak, Samawa and Mbojo as the Indonesian ones of the same meaning, and how people shorten Indonesian ones.

So that what was learned of *air mati* holds for *aiq mate* too. Only words that mean nothing else in Indonesian, or hardly
ever: *tiang* (I, or a pole), *bau* (can, or a smell) and *oi* (water, or a shout) are left as they are.
"""

from typing import Final

_LOCAL: Final = """
ada: araq wara; air: aik aiq; anak: kanak tode; anda: pelinggih pelungguh; angin: angi; apa: ape; api: afi;
bagaimana: berembe brembe bune; bagus: mantika ntika onyak onyaq solah; baik: balong taho; bakar: ketunuan tunu;
banjir: belabur blabur mbere; banyak: luek lueq mboto peno; bapak: amak amaq mamiq; baru: baruk baruq bou;
bawah: bawak bawaq; bayar: bayah tebayah; begitu: ngeno; belakang: mudi; beli: weli; belum: ndekman ndeqman watipu;
berapa: pida pire; berkelahi: besiaq; bersih: bersiq; besar: belek beleq rango; besok: jemaq; bicara: nggahi;
bisa: tao; buat: pina; bulan: wura; cara: entan; cepat: becat; curi: tepaling; dan: dait kance;
dapat: maiq mauk mauq; darah: berdaraq daraq getih; dari: kalis lekan leman; dengan: kewa; dengar: dengah;
depan: dunung julu julun; desa: dese; di: lek leq pang; diambil: tebait; diberi: tebeng; disuruh: tesuruq;
dua: due; duduk: tokol; dulu: laek laeq; enak: caru; gempa: lindur; gunung: doro olat; hanya: mpoa; hanyut: anyut;
hari: ano jelo; hidup: idup mori; hilang: mbora telang; hujan: ura; hutan: gawah; ibu: inak inaq; ini: ake;
istri: bini seninaq; itu: ede edi; iya: aok; jadi: dadi; jalan: lampak lampaq langan ncai rurung;
jangan: aina dendek dendeq ndaq ndot; jatuh: gerik geriq teriq; jelek: lenge; jembatan: jambata jambatan;
jual: landa; kalau: lamin lamun lemun mun; kami: nami; kampung: kampo; kapan: pidan piran; kayu: haju;
ke: jok lako ojok; kecil: kodek kodeq ode; keluar: losa sugul; kemarin: awina saperap uiq; kenapa: kembe kumbeq;
kerbau: kebo sahe; kering: mango; kerja: begawean gawean karawi pegawean; ketika: muntu; kita: ite ndai;
kuda: jara jaran; lagi: malik; laki: mone; lama: ntoi; lapar: lapah; laut: moti segare; lewat: liwat;
lihat: eda gitak gitaq tegitaq; lima: lime; lima puluh: seket; mahal: mahel; makan: kaken mangan ngaha ngakan;
malam: peteng; mana: embe mbe; mandi: mandik mandiq; marah: mbani; masuk: tame; mati: mate; mau: mele;
minta: mintak minte nunas raho; minum: inem nginem nono; muntah: ngutah; nangis: nangi; nanti: bareh laun;
nenek: bapuq papin papuq; oleh: isik isiq siq; orang: dou; padi: fare; pagi: kelemaq siup; panjang: naru;
parang: cila; pasar: peken; pemerintah: pamarenta; penuh: penok penoq; perahu: lopi;
perbaiki: kataho meriri pariri; perempuan: siwe; pergi: lalo lao; perlu: paralu; permisi: santabe; perut: loko;
pulang: dula mole ulek uleq; roboh: rebah rebaq; rumah: bale uma; rusak: iha sedaq sede; sakit: sengke supu;
sampai: jangke; sangat: gati poda; sapi: capi sampi; satu: sabua sekek sekeq skek sopok sopoq;
saudara: meton semeton; sawah: bangket; saya: mada nahu; sekarang: mangkin nane nani nengke; sekolah: sakola;
sembunyi: sebo; semua: pade sarea selapuk selapuq selapuqn selapuqne; senang: gama maras; siapa: cou sai;
suami: semamak semamaq semame; sudah: uah uwah waura; suka: demen girang; sungai: kokoq; supaya: adeq;
suruh: suruk suruq; susah: ncoki; tahun: taon; takut: dahu; teman: lenga; tembakau: mako; terbakar: nutung;
terima: tampi tarima; terima kasih: kalembo lembo tampiasih; tetapi: laguk laguq; tiap: tiep;
tidak: endek endeq ndek ndekne ndeq ndeqn ndeqne ndeqte nongka siong wati;
tidak ada: narak ndarak ndaraq ndrak nonda; tidur: maru tindok tindoq tunung; tiga: telu tolu; tinggal: bilin tedu;
tolong: tulung; tua: matua; tujuh: pituq; tunggu: antih ngantih ngonek; turun: turen turin; uang: kepeng piti;
yang: saq
"""
_SHORT: Final = """
bagaimana: gimana gmn; bapak: bpk; belum: belom blm blom; benar: bener; besok: bsk; bisa: bs bsa; bukan: bkn;
bulan: bln; dalam: dlm; dapat: dpt; datang: dateng; dengan: dg dgn; dengar: denger; hancur: ancur;
hanya: cm cuma cuman; hujan: ujan; jalan: jl jln; juga: jg; kalau: kalo klo; kamu: elu lo lu; kapan: kpn;
karena: karna krn; kemarin: kemaren kmrn; kenapa: knp napa; lagi: lg; lebih: lbh; lihat: liat; macam: macem;
makasih: mksh trims; malam: malem; masih: msh; memang: emang; orang: org; pakai: pake; rumah: rmh; saja: aj aja;
sampai: ampe sampe; saya: gua gue gw sy sya; sekali: banget bgt; sekarang: skarang skg skrg;
seperti: kayak kek kyk; sudah: dah sdh uda udah udh; tadi: td; tahun: thn; teman: temen; tetapi: tapi tp;
tidak: engga enggak ga gak gk kagak ndak ngga nggak tdk; tolong: tlg tolongin; untuk: buat utk; yang: yg
"""


def _read(table: str) -> dict[str, str]:
    """Each word with its meaning, of lines like `air: aiq aik; tidak ada: ndarak`."""
    entries = (entry.split(":") for entry in table.replace("\n", " ").split(";"))
    return {word: meaning.strip() for meaning, words in entries for word in words.split()}


LOCAL: Final[dict[str, tuple[str, ...]]] = {word: tuple(meaning.split()) for word, meaning in _read(_LOCAL).items()}
"""A local word → the Indonesian words that the classifier sees instead."""
SHORT: Final[dict[str, str]] = _read(_SHORT)
"""A careless spelling → the word it stands for among pairs of words; alone, each spelling keeps what it says of its writer."""
