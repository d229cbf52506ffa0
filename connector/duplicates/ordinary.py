"""Words that so many complaints hold that they tell one from another only when nothing else does. Pure."""


def words_in(text: str) -> frozenset[str]:
    """The words of a list as one writes it down."""
    return frozenset(text.split())


ORDINARY = words_in(
    """
    abis ac ada adek adik admin aduan agar ai aiq air airnya aja akan akibat akta alamat alat aliran ama aman ambil
    ambruk ambulan ambulans an ana anak anaknya anggota angin angkat angkot anjing antar antri antrian apa apakah
    api aplikasi arah arak arus asap aspal assalamualaikum atap atas atau ayam baca badan bagaimana bagus bahasa
    bahaya bahwa baik bak bakar balai bale balik bambu ban bandara banjir bank bansos bantu bantuan banyak bapak
    barat baru barusan batuk bau bawa bawah bayar bayi becek beda begitu bekas belajar belakang belasan beli beliau
    belum benerin bengkak bensin berangkat berani berapa beras berat berbahaya berbau berbulan berdebu berharap
    berhenti berkas berlubang berserakan bersih bertahun bertanya besar besi besok betulin bgt biar biasa biaya
    bibit bidan bikin bilang biru bisa blm bln blok bocor boleh bolong botol bpbd bpjs brp bu buang buat buka bukan
    bukit buku bulan bunyi bupati buruh bus butuh byarpet cair camat cara cek celaka cepat cm coba cuci cukup cuma
    daerah daftar dalam dalem damkar dan dana dapat dapet dapur darah dari darurat data datang dateng debu dekat
    deket demam dengan depan deras dermaga desa di dia diangkut dibangun dibantu dibawa dibayar diberi dibiarkan
    dibuang dibuat dibuka dicek diganti dijawab dikasih dikunci dimana diminta dinas dinsos dipakai dipasang
    diperbaiki dipotong disampaikan dishub disnaker disuruh ditahan ditambal ditanggapi ditanya ditolak ditutup dlh
    doang dokter dong dou dpn dr ds dua duduk due dulu dusun eh ekor empat es evakuasi foto ga gagal gaji gak galian
    gang ganti gantung gara gas gede gedung gegara gelap gempa genang genangan genteng gg gimana got gratis gub
    gubernur gubuk gudang gue gulita guru gw habis haji halaman halte hamil hampir hanya hanyut harap harga hari
    harus hidup hilang hilangnya hitam honor hormat hotel hp hubungi hujan hutan ibu ijazah ijin ikan ikut ilang
    inaq info ingin ini internet irigasi isi isinya istri ite itu izin jadi jadwal jaga jagung jalan jalannya jalur
    jam jangan janji januari jari jaringan jaringannya jatuh jatuhnya jauh jd jebol jembatan jembatannya jl jok jt
    jual jualan juga jumat jurang juta ka kabar kabel kabupaten kaca kades kadis kadus kak kakak kaki kakinya kalau
    kali kalo kamar kambing kami kampung kampus kan kanak kandang kantor kapal kapan karcis karena karna kartu
    karung kasih kasihan kasur kata katanya kayak kayu ke keadaan kebakar kebakaran kebun kec kecamatan kecelakaan
    kecil kedua kejang kejepit kelapa kelas keliling kelompok keluar keluarga keluhan kelurahan kemana kemarin
    kembali kena kenapa kendaraan kepada kepala kereta kering kerja keruh ketiga ketua kg khusus kios kira kirim
    kita kk klinik km kok kolam komplain kondisi kondisinya koperasi korban kos kosong kota kotor kp kritis krn krna
    ktp ku kuliah kuning kuota kurang kursi lagi lah lahan lahir lain lalu lalui lama lamanya lampu lampunya langan
    langsung lanjut lansia lantai lao lapangan lapor laporan laporkan lari laut layanannya lebaran lebat lebih lek
    lekan lemot lepas leq lewat lg lho liar liat libur lihat lima limbah lingkar lingkungan listrik lokal lokasi
    loket lomba longsor luapan luar lubang lubangnya luka lumpur lurah ma maaf macet mada mahasiswa mai main makam
    makan makin malah malam malem malik malu mampet mana mandi mangkrak mas masih masjid masuk mata mate mati mau
    mbe meja melalui melaporkan melewati melintas meluap membahayakan menetes mengalir menggenang mengharap
    menghubungi mengusulkan meninggal menit menjadi menumpuk menunggu menyampaikan menyengat merah mereka mertua
    mesin meter meteran min minggu minta minum miring mobil moga mohon motor mpa msh muda mulai mungkin muntah murid
    mushola musim muter na nahu naik nama namanya nangis nanti nanya ncai ndek ndeq ne negeri nelayan nenek neng
    netes ngaji ngalir ngocor ngurus nikah no nomor nonda numpang numpuk nunggu nutup nya nyala nyangkut nyebrang
    obat oi ojek oleh ombak ongkos online operasi ora orang orangnya org oto pabrik pada padahal padam padamnya pade
    pagar pagi pajak pak pakai pake paket paling panas panen pang panjang pantai papan parah parahnya parkir pas
    pasang pasar pasien pasir pasti patah pdam pecah pedagang pegang pelabuhan pelatihan pelayanan pemadaman pemda
    pemerintah pemilik pemuda pengaduan penuh penumpang per perahu perbaikan perbaiki perempuan perhatian perlu
    pernah persen pertama perum perumahan petani petugas petugasnya pindah pinggir pingsan pintu pipa pju pkh
    plastik pln pohon polisi polsek pompa pondok pos posyandu pp prihatin program provinsi proyek pulang pulau
    puluhan pun punya pupuk puskesmas putih putus ra rambu rapat ratusan rawan raya rb rendam resmi respon retak
    ribu roboh roda rs rsud rt ruang ruko rumah rusak rw saat sabtu sai saja sak sakit salah saluran sama sambil
    sampah sampai sampaikan sampe samping sana sangat sapi saran satpam satpol satu sawah saya sayur sd sdh sdn
    sebab sebagai sebelah sebelum sebelumnya sebulan sedang segera sehari sehingga sejak sekali sekarang sekitar
    sekolah selalu selamat selamatkan selatan selokan semalam sementara seminggu semoga sempit semua sendiri senin
    sepanjang seperti seragam sering sertifikat sesak setelah setengah setiap setinggi sewa siang siap siapa sih
    simpang sing sini sinyal siq sisa siswa situ skrg sma smk smp smpn solar solusi sopir sore suami suara subsidi
    subuh sudah sumur sungai supaya surat suruh susah sy syarat ta tadi tahu tahun takut tali taman tambah tambal
    tamu tanah tanda tangan tangga tanggal tanggapan tanggul tangki tani tanpa tanya tapi tau taun tdk te tebing
    telat telpon telu teman tembok tempat tenda tengah terakhir terbakar terbengkalai terendam tergenang terima
    terimakasih terjatuh terminal ternyata tertulis terus tetangga tetap tetapi tetep tgl th thn tiang tiange tiap
    tidak tidur tiga tiket tikungan timur tindak tindakan tinggal tinggi titik tk tlg toilet toko tol tolong total
    tower tp tps trotoar truk tua tukang tulung tunggu turis turun tutup uang udah ujan ujian ujung ulang uma umum
    umur uni untuk up ura urus usaha user usul utara utk vaksin wa wah wajib waktu wali wara warga warganya warung
    wati wifi wis wisata ya yang yg yth
    """
)
